/** The set-up kit of a connection: every format with its files, to copy or to save. */
import { Button, Code, CopyButton, Tabs } from '@mantine/core'
import type { SetupKit } from '../../../src/contract/index.ts'
import { useKit } from '../api.ts'
import { CopyLine } from '../ui/copy-line.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { saveBlob, saveText } from '../ui/save-files.ts'
import { zipOf } from '../ui/zip.ts'

type KitFile = SetupKit['files'][number]

/** The formats in the order in which they are offered; what no format names stands in the last. */
const formats: readonly { readonly title: string; readonly has: (path: string) => boolean }[] = [
  { title: 'Read first', has: (path) => path === 'README.md' },
  { title: 'Policies (JSON)', has: (path) => path.endsWith('-policy.json') && !path.startsWith('vendor-') },
  { title: 'AWS CLI', has: (path) => path === 'apply-aws-cli.sh' },
  { title: 'Azure CLI', has: (path) => path === 'apply-azure-cli.sh' },
  { title: 'CloudFormation', has: (path) => path.startsWith('cloudformation') },
  { title: 'Terraform', has: (path) => path.endsWith('.tf') },
  { title: 'Our side', has: (path) => path.startsWith('vendor-') },
  { title: 'Receipts', has: () => true },
]

export function ConnectionKit({ name }: { readonly name: string }) {
  const query = useKit(name, true)
  return <Loaded query={query}>{(kit) => <KitFiles kit={kit} />}</Loaded>
}

/** Shows a kit: who we are to the customer, and the files format by format. */
export function KitFiles({ kit }: { readonly kit: SetupKit }) {
  const shown = byFormat(kit.files)
  return (
    <section className="card" aria-label="set-up kit">
      <div className="row">
        <h2 className="flush">Set-up kit</h2>
        <Button
          className="push"
          size="xs"
          variant="default"
          onClick={() => saveBlob(`${kit.connection}-kit.zip`, zipOf(kit.files))}
        >
          Save all files
        </Button>
      </div>
      <dl className="facts">
        {kit.externalId === null ? null : <CopyLine name="External ID" value={kit.externalId} />}
        {kit.principal === '-' ? null : <CopyLine name="principal" value={kit.principal} />}
        <CopyLine name="egress" value={kit.egress} />
      </dl>
      <Tabs defaultValue={shown[0]?.title ?? null} mt="md" keepMounted={false} color="teal">
        <Tabs.List aria-label="formats of the kit">
          {shown.map(({ title }) => (
            <Tabs.Tab key={title} value={title}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {shown.map(({ title, files }) => (
          <Tabs.Panel key={title} value={title} pt="sm">
            {files.map((file) => (
              <FileView key={file.path} file={file} />
            ))}
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  )
}

function byFormat(files: readonly KitFile[]): { title: string; files: KitFile[] }[] {
  const groups = formats.map(({ title }) => ({ title, files: [] as KitFile[] }))
  for (const file of files) groups[formats.findIndex(({ has }) => has(file.path))]?.files.push(file)
  return groups.filter((group) => group.files.length > 0)
}

function FileView({ file }: { readonly file: KitFile }) {
  return (
    <div className="kit-file" data-file={file.path}>
      <div className="row">
        <span className="mono">{file.path}</span>
        <span className="quiet grow">{file.purpose}</span>
        <CopyButton value={file.text}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy} aria-label={`Copy ${file.path}`}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button
          size="xs"
          variant="default"
          aria-label={`Save ${file.path}`}
          onClick={() => saveText(file.path, file.text)}
        >
          Save
        </Button>
      </div>
      <Code block mt="xs" className="file-text" data-prose={file.path.endsWith('.md')}>
        {file.text}
      </Code>
    </div>
  )
}
