// The large values that a cursor comes by.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_buffer.h"
#include "base/value_pointer.h"
#include "version/version.h"

namespace ashlar {

// Neighbours in key order lie in as many files as there were flushes between two merges: files stay
// at hand once they were looked into, with what keeps them in memory, and values are asked for
// before their turn.
//
// Threads: one at a time.
class PointedValues {
 public:
  // The version must outlive it.
  explicit PointedValues(const Version& version) : version_(version) {}

  // The value that `encoded_pointer` leads to, which must have been stored under `key`: in the
  // file's image or a copy, until the next call.
  //   kCorruption  it is not there, or not that key's. Errors of File::read.
  Result<std::string_view> find(std::string_view key, std::string_view encoded_pointer);
  // Brings it closer, if it is in memory.
  void prefetch(std::string_view encoded_pointer);

 private:
  struct Place {
    uint64_t number = 0;  // of the file
    const ValueFile* file = nullptr;  // null: empty
    std::shared_ptr<const HugeBuffer> image;  // null if it was not in memory
  };

  // Null if the version has no such file.
  const Place* place_of(uint64_t number);

  const Version& version_;
  std::vector<Place> places_;  // each file has one of them, which it may have to leave to another
  std::string copy_;
};

}  // namespace ashlar
