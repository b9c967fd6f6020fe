/**
 * Ceph RGW: an S3, STS and IAM that are not ours. One monitor, one disk in memory, one gateway, all on loopback and all gone when
 * the test ends. Needs Debian's `radosgw ceph-mon ceph-osd`; nothing is installed from here.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, run, startProcess, stopProcess, until } from './processes.ts'

/** The line with which the missing packages are installed. */
export const rgwInstallLine = 'apt-get install --no-install-recommends radosgw ceph-mon ceph-osd'

export interface RgwUser {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Rgw {
  readonly endpoint: string
  /** Makes a user, in the tenant `tenant` when given, that may also manage roles when `managesRoles`. */
  createUser(name: string, options?: { tenant?: string; managesRoles?: boolean }): Promise<RgwUser>
  close(): Promise<void>
}

/** Tells whether the gateway's programs are installed. */
export async function hasRgw(): Promise<boolean> {
  const programs = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool', 'radosgw-admin']
  const found = await Promise.all(
    programs.map((name) =>
      access(join('/usr/bin', name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

function configuration(
  home: string,
  fsid: string,
  ports: { monitor: number; gateway: number },
  minimumSession: number,
): string {
  return `[global]
fsid = ${fsid}
mon_initial_members = a
mon_host = [v2:127.0.0.1:${ports.monitor}/0,v1:127.0.0.1:${ports.monitor + 1}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_port_min = ${ports.monitor + 2}
ms_bind_port_max = ${ports.monitor + 30}
auth_allow_insecure_global_id_reclaim = false
run_dir = ${home}/run
admin_socket = ${home}/run/$name.asok
log_file = ${home}/log/$name.log
mon_cluster_log_file = ${home}/log/cluster.log
crash_dir = ${home}/crash
keyring = ${home}/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_tick_interval = 1
osd_mon_report_interval = 1
debug_mon = 0/0
debug_osd = 0/0
debug_rgw = 1
[mon.a]
mon_data = ${home}/mon
[osd.0]
osd_data = ${home}/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_max_object_name_len = 2048
osd_op_num_shards = 1
[client.rgw]
rgw_data = ${home}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw_dns_name = localhost
rgw_thread_pool_size = 32
rgw_s3_auth_use_sts = true
rgw_s3_auth_order = local, sts
rgw_sts_key = ${randomBytes(8).toString('hex')}
rgw_sts_min_session_duration = ${minimumSession}
rgw_sts_max_session_duration = 43200
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
rgw_enable_usage_log = false
rgw_enable_ops_log = false
rgw_num_rados_handles = 1
rgw_run_sync_thread = false
rgw_gc_max_objs = 7
rgw_gc_obj_min_wait = 1
rgw_gc_processor_period = 1
rgw_gc_processor_max_time = 60
rgw_lc_max_objs = 3
rgw_override_bucket_index_max_shards = 1
`
}

class Cluster {
  readonly #home: string
  readonly #fsid = randomUUID()
  readonly #children: ChildProcess[] = []
  readonly config: string

  constructor(home: string) {
    this.#home = home
    this.config = join(home, 'ceph.conf')
  }

  log(name: string): string {
    return join(this.#home, 'log', `${name}.out`)
  }

  async prepare(ports: { monitor: number; gateway: number }, minimumSession: number): Promise<void> {
    for (const folder of ['mon', 'osd', 'run', 'log', 'rgw', 'crash']) await mkdir(join(this.#home, folder))
    await writeFile(this.config, configuration(this.#home, this.#fsid, ports, minimumSession))
    const keyring = join(this.#home, 'keyring')
    const key = (name: string, ...caps: string[]) =>
      run('ceph-authtool', [keyring, '-n', name, '--gen-key', ...caps.flatMap((cap) => ['--cap', ...cap.split(':')])])
    await run('ceph-authtool', ['-C', keyring, '-n', 'mon.', '--gen-key', '--cap', 'mon', 'allow *'])
    await key('client.admin', 'mon:allow *', 'osd:allow *', 'mgr:allow *')
    await key('client.rgw', 'mon:allow rw', 'osd:allow rwx')
    await key('osd.0', 'mon:allow profile osd', 'osd:allow *')
    const map = join(this.#home, 'monmap')
    const address = `[v2:127.0.0.1:${ports.monitor},v1:127.0.0.1:${ports.monitor + 1}]`
    await run('monmaptool', ['--create', '--clobber', '--fsid', this.#fsid, '--addv', 'a', address, map])
    await run('ceph-mon', ['-c', this.config, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring])
  }

  ceph(...args: string[]): Promise<{ stdout: string }> {
    return run('ceph', ['-c', this.config, '--connect-timeout', '3', ...args])
  }

  start(name: string, command: string, args: readonly string[]): ChildProcess {
    const child = startProcess(command, ['-c', this.config, ...args, '--foreground'], this.log(name))
    this.#children.push(child)
    return child
  }

  async startStorage(): Promise<void> {
    const monitor = this.start('mon', 'ceph-mon', ['-i', 'a'])
    await until('ceph-mon', monitor, this.log('mon'), async () => (await this.ceph('mon', 'stat')).stdout !== '')
    const id = randomUUID()
    await this.ceph('osd', 'new', id)
    await run('ceph-osd', ['-c', this.config, '-i', '0', '--mkfs', '--osd-uuid', id])
    await this.ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'host=h', 'root=default')
    const disk = this.start('osd', 'ceph-osd', ['-i', '0'])
    await until('ceph-osd', disk, this.log('osd'), async () => (await this.ceph('osd', 'stat')).stdout.includes('1 up'))
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) await stopProcess(child)
    await rm(this.#home, { recursive: true, force: true })
  }
}

/** Starts a cluster of one. Takes three to six seconds. */
export async function startRgw(options: { readonly minimumSessionSeconds?: number } = {}): Promise<Rgw> {
  const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'dbrgw-')))
  try {
    const monitor = await freePorts(40)
    const gateway = monitor + 39
    await cluster.prepare({ monitor, gateway }, options.minimumSessionSeconds ?? 900)
    await cluster.startStorage()
    const endpoint = `http://127.0.0.1:${gateway}`
    const child = cluster.start('rgw', 'radosgw', ['-n', 'client.rgw'])
    await until('radosgw', child, cluster.log('rgw'), async () => (await fetch(endpoint)).ok, 60_000)
    const admin = (...args: string[]) => run('radosgw-admin', ['-c', cluster.config, '-n', 'client.rgw', ...args])
    return {
      endpoint,
      async createUser(name, wish = {}) {
        const user = {
          accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
          secretAccessKey: randomBytes(20).toString('hex'),
        }
        const who = [...(wish.tenant === undefined ? [] : ['--tenant', wish.tenant]), '--uid', name]
        const caps = wish.managesRoles === true ? ['--caps', 'roles=*;user-policy=*'] : []
        await admin(
          'user',
          'create',
          ...who,
          '--display-name',
          name,
          '--access-key',
          user.accessKeyId,
          '--secret',
          user.secretAccessKey,
          ...caps,
        )
        return user
      },
      close: () => cluster.stop(),
    }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}
