// A file that appears whole or not at all, or standard output.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar::tools {

// Writes to PATH.part and renames it at the end. Threads: one.
class OutputFile {
 public:
  // "-" is standard output. kIoError with the system's reason.
  static Result<std::unique_ptr<OutputFile>> open(const std::string& path);
  // Removes what was written unless finish() succeeded.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status write(std::string_view bytes);
  // Returns when the file has its name and is on stable storage.
  Status finish();

 private:
  OutputFile(std::FILE* file, std::string path);
  Status error(const std::string& name) const;
  std::string part_path() const { return path_ + ".part"; }

  std::FILE* file_;
  std::string path_;
};

}  // namespace ashlar::tools
