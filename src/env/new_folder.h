// A folder that appears under its name only when everything in it is complete.
#pragma once

#include <memory>
#include <string>

#include "env/env.h"

namespace ashlar {

// Filled under another name beside its own; removed with the object unless it was published.
//
// [FOLDER-1] After a crash at any moment the folder is there as a whole, or not at all; what is
//            left of it under the other name is removed by the next attempt.
//
// Threads: one at a time.
class NewFolder {
 public:
  // kInvalidArgument if there is something called `path` already, or the name is empty.
  static Result<std::unique_ptr<NewFolder>> create(Env& env, const std::string& path);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  // Where to put the files. Each must be on stable storage itself before publish().
  const std::string& path() const { return partial_; }
  // Makes the names in the folder durable, gives it its own name, and makes that durable.
  Status publish();

 private:
  NewFolder(Env& env, std::string path, std::string partial)
      : env_(env), path_(std::move(path)), partial_(std::move(partial)) {}

  Env& env_;
  const std::string path_;
  const std::string partial_;
  bool published_ = false;
};

// Removes a folder and everything in it. Succeeds if it is not there.
Status remove_tree(Env& env, const std::string& path);

// The bytes of a file and their crc32c, not seeded.
struct FileDigest {
  uint64_t bytes = 0;
  uint32_t checksum = 0;
  friend bool operator==(const FileDigest&, const FileDigest&) = default;
};
Result<FileDigest> digest_file(Env& env, const std::string& path);
// Copies a file to a name that must be free; on return the copy is on stable storage but for its
// name in its folder. Removes what it made if it fails.
Result<FileDigest> copy_file(Env& env, const std::string& from, const std::string& to);
// Gives the file a second name, or, where the file system can't, copies it. kNotFound if `from` is
// not there.
Status link_or_copy(Env& env, const std::string& from, const std::string& to);

}  // namespace ashlar
