// The manifest: the history of which files make up the database.
//
//   0       4         8                 16
//   +-------+---------+-----------------+--------+--------+- - -      integers little-endian
//   | magic | version | manifest number | record | record |           magic 0xDB01ED17, version 1
//   +-------+---------+-----------------+--------+--------+- - -
//
//   record:  crc32c 4 | length 4 | edit (version_edit.h)
//            crc32c of length and edit, seeded by (manifest number, offset of the record)
//
// [MAN-1] The first record is a whole state; each further one a step from there.
// [MAN-2] A record counts once it was synced; one that is cut off or does not verify at the end of
//         the file was being written when the power went, and ends it. Anywhere else it is damage.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "env/env.h"
#include "version/version_edit.h"

namespace ashlar {

// Threads: one at a time.
class ManifestWriter {
 public:
  // Creates the file with `state` as its first record, durable except for the folder's entry.
  static Result<std::unique_ptr<ManifestWriter>> create(Env& env, const std::string& folder,
                                                        uint64_t number, const VersionEdit& state);
  // Returns when the edit is on stable storage. After an error the edit may or may not be, and the
  // writer must not be used again.
  Status append(const VersionEdit& edit);
  uint64_t bytes() const { return offset_; }

 private:
  ManifestWriter(std::unique_ptr<File> file, uint64_t number)
      : file_(std::move(file)), number_(number) {}

  std::unique_ptr<File> file_;
  const uint64_t number_;
  uint64_t offset_ = 0;
};

// Calls visit(offset, edit) for each record of manifest `number`, whose bytes are given. `name` is
// for messages. kCorruption for damage, kUnsupported for a newer version.
Status read_manifest(std::string_view bytes, uint64_t number, const std::string& name,
                     const std::function<Status(uint64_t offset, const VersionEdit&)>& visit);

// For repair: the same, but steps over damage wherever it finds a valid record behind it, and needs
// no header. Returns whether damage was met; what is cut off at the end is not damage [MAN-2].
bool salvage_manifest(std::string_view bytes, uint64_t number,
                      const std::function<void(const VersionEdit&)>& visit,
                      const std::function<void(uint64_t offset)>& damage);

}  // namespace ashlar
