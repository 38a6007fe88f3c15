// Which files a person has chosen: those of a folder, and the captions that go with a recording.

const stem = (name) => name.replace(/\.[^.]+$/, "").toLowerCase();

// Captions belong to the recording of the same name, also with a language: talk.vtt, talk.en.vtt.
export const captionsFor = (recording, captions) =>
  captions.find((file) => stem(file.name) === stem(recording.name)) ?? captions.find((file) => stem(stem(file.name)) === stem(recording.name));

// What was dropped, folders with all that lies in them.
export const filesIn = async (entry) => {
  if (entry.isFile) return [await new Promise((found, lost) => entry.file(found, lost))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const entries = await new Promise((found, lost) => reader.readEntries(found, lost));
    if (!entries.length) return files;
    for (const one of entries) files.push(...await filesIn(one));
  }
};
