// main() of a fuzz target without libFuzzer: runs it over the files named, and those in the folders
// named. Fails when there are none.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz.h"

namespace {

bool replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return false;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

int main(int argument_count, char** arguments) {
  int files = 0;
  for (int i = 1; i < argument_count; ++i) {
    const std::filesystem::path path = arguments[i];
    if (!std::filesystem::is_directory(path)) {
      files += replay(path) ? 1 : 0;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      files += replay(entry.path()) ? 1 : 0;
    }
  }
  std::printf("%d inputs\n", files);
  return files > 0 ? 0 : 1;
}
