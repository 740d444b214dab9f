// Large values of a damaged database, read from whatever value files are there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "env/env.h"

namespace ashlar {

// Needs neither a file's header nor the manifest: a pointer says where the record lies, and its
// checksum whether it is the one.
//
// Threads: one at a time.
class ValueSalvage {
 public:
  ValueSalvage(Env& env, std::string folder) : env_(env), folder_(std::move(folder)) {}

  // Where a value should be.
  struct Place {
    std::string file;
    uint64_t offset = 0;
  };
  // Replaces *value by the value that `encoded_pointer` leads to, which was stored under `key`.
  // kCorruption says, without the place, why it can't be had.
  Status read(std::string_view key, std::string_view encoded_pointer, std::string* value,
              Place* place);

 private:
  File* open(uint64_t number);

  Env& env_;
  const std::string folder_;
  std::map<uint64_t, std::unique_ptr<File>> files_;  // null: can't be opened
};

}  // namespace ashlar
