import { type Files, folderFiles } from '../../src/ledger/files.ts'

/** Files of a disk that is full from when it is said: what was secured before can be written, nothing beyond. */
export async function fillingDisk(folder: string, disk: { full: boolean }): Promise<Files> {
  const files = await folderFiles(folder)
  return {
    ...files,
    async open(name) {
      const file = await files.open(name)
      return {
        ...file,
        async write(data, position) {
          if (disk.full && position + data.length > (await file.size()))
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
          await file.write(data, position)
        },
      }
    },
  }
}
