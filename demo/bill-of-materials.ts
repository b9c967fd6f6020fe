/** The demo's report: the software bill of materials of what is really installed here, as CycloneDX JSON. */
import { readFileSync } from 'node:fs'
import * as CycloneDx from '@cyclonedx/cyclonedx-library'

interface InstalledPackage {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
}

/** Reads npm's record of the installed tree below `root` and writes it as CycloneDX 1.6 JSON text. */
export function billOfMaterials(root: string): string {
  const installed = JSON.parse(readFileSync(`${root}/node_modules/.package-lock.json`, 'utf8')) as {
    packages: Record<string, InstalledPackage>
  }
  const own = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { name: string; version: string }
  const bom = new CycloneDx.Models.Bom()
  bom.metadata.component = new CycloneDx.Models.Component(CycloneDx.Enums.ComponentType.Application, own.name, {
    version: own.version,
    bomRef: own.name,
  })
  for (const [place, entry] of Object.entries(installed.packages)) {
    if (place !== '') bom.components.add(component(place, entry))
  }
  const factory = new CycloneDx.Serialize.JSON.Normalize.Factory(CycloneDx.Spec.Spec1dot6)
  return new CycloneDx.Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 })
}

function component(place: string, entry: InstalledPackage): CycloneDx.Models.Component {
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const made = new CycloneDx.Models.Component(CycloneDx.Enums.ComponentType.Library, name, {
    bomRef: place,
    ...(entry.version === undefined
      ? {}
      : { version: entry.version, purl: `pkg:npm/${name.replace('@', '%40')}@${entry.version}` }),
    scope: entry.dev === true ? CycloneDx.Enums.ComponentScope.Optional : CycloneDx.Enums.ComponentScope.Required,
  })
  if (entry.license !== undefined) made.licenses.add(new CycloneDx.Models.NamedLicense(entry.license))
  const digest = /^sha512-(.+)$/.exec(entry.integrity ?? '')?.[1]
  if (digest !== undefined) {
    made.hashes.set(CycloneDx.Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex'))
  }
  return made
}
