/** The set-up kit of a connection: every file, format by format, to copy or to save. */
import { Button, Code, CopyButton } from '@mantine/core'
import type { SetupKit } from '../../../src/contract/index.ts'
import { useKit } from '../api.ts'
import { Loaded } from '../ui/loaded.tsx'
import { saveText } from '../ui/save-files.ts'

export function ConnectionKit({ name }: { readonly name: string }) {
  const query = useKit(name, true)
  return <Loaded query={query}>{(kit) => <KitFiles kit={kit} />}</Loaded>
}

/** Shows a kit's files. */
export function KitFiles({ kit }: { readonly kit: SetupKit }) {
  return (
    <section className="card" aria-label="set-up kit">
      <p className="quiet">
        Principal <span className="mono">{kit.principal}</span>, egress {kit.egress}
      </p>
      {kit.files.map((file) => (
        <details key={file.path}>
          <summary>
            <span className="mono">{file.path}</span> <span className="quiet">{file.purpose}</span>
          </summary>
          <div className="row actions">
            <CopyButton value={file.text}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
            <Button size="xs" variant="default" onClick={() => saveText(file.path, file.text)}>
              Save
            </Button>
          </div>
          <Code block>{file.text}</Code>
        </details>
      ))}
    </section>
  )
}
