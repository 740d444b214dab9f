// A folder for one test, gone afterwards.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

// Lies under TMPDIR, or /tmp. Kept when ASHLAR_KEEP is set, and its name is printed then.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // A name inside the folder.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// Bytes of a file of the real file system; a missing file fails the test and reads as empty.
std::string file_bytes(const std::filesystem::path& path);
void write_file_bytes(const std::filesystem::path& path, std::string_view bytes);
// Names in `folder` that end in `suffix`, sorted.
std::vector<std::string> files_ending_in(const std::filesystem::path& folder,
                                         std::string_view suffix);

}  // namespace ashlar
