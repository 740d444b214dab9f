// Reads the text that `apt-cache dumpavail` prints: Debian's package index.
//
// The format is Debian's control format, deb822(5). Stanzas are separated by empty lines, each
// field is "Name: value", and a line that begins with a space or tab continues the field above it:
//
//   Package: bash
//   Installed-Size: 7164
//   Depends: base-files (>= 2.1.12), debianutils (>= 5.6-0.1)
//   Tag: admin::configuring, implemented-in::c,
//    role::program
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

namespace ashlar::examples {

struct DebianPackage {
  std::string name;
  // One JSON object. Field names are lower case with underscores ("installed_size"), sizes are
  // numbers, and fields that Debian separates by commas (depends, tag, …) are arrays of strings.
  std::string document;
};

// Hands out the packages of an index one after the other, in the order of the text. A name may come
// several times (architectures, versions); whoever keeps the last one has one of each, and the same
// one each time.
//
// Lines that are no field, and stanzas without a Package field, are passed over.
class DebianIndexReader {
 public:
  // `in` must outlive the reader.
  explicit DebianIndexReader(std::istream& in) : in_(in) {}

  // nullopt at the end.
  std::optional<DebianPackage> next();

  // Bytes of text consumed so far.
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  bool next_line();

  std::istream& in_;
  std::string line_;
  uint64_t bytes_read_ = 0;
};

}  // namespace ashlar::examples
