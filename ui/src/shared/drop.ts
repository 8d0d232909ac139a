// What is dropped on a page from the desktop.
/** Files of a drop, folders included, with their paths. */
export async function filesOf(items: DataTransferItemList): Promise<{ path: string; file: File }[]> {
  const found: { path: string; file: File }[] = [];
  const walk = async (entry: FileSystemEntry, base: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: base + entry.name, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) return;
      for (const one of batch) await walk(one, `${base}${entry.name}/`);
    }
  };
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((one) => one !== null);
  for (const entry of entries) await walk(entry, "");
  return found;
}
