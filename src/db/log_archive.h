// The folder to which the log goes when the database needs it no more, so that a backup can be
// brought forward to any moment.
#pragma once

#include <cstdint>
#include <string>

#include "env/env.h"

namespace ashlar {

inline constexpr char kArchiveName[] = "ARCHIVE";

// Segments under the names that they had, and the value files that commits point to (values of a
// mebibyte and more are not in the log themselves).
//
// [ARCHIVE-1] No segment with commits, and no such value file, leaves the database's folder or is
//             written to again before the archive has it, durably.
//
// Threads: any.
class LogArchive {
 public:
  LogArchive(Env& env, std::string folder) : env_(env), folder_(std::move(folder)) {}

  // Makes the folder, and notes whose it is.
  //   kInvalidArgument  it is the archive of another database.
  Status open(uint64_t database_id);
  // Takes in the file at `path`, by a link if the file system can, else by a copy. Succeeds if it
  // is there already.
  Status add(const std::string& path);

 private:
  Env& env_;
  const std::string folder_;
};

// The database whose archive `folder` is. kNotFound if it is none.
Result<uint64_t> read_archive_owner(Env& env, const std::string& folder);

}  // namespace ashlar
