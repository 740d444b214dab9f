// The compressors that a table's data pages may be stored with.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ashlar/options.h"

namespace ashlar {

// "none", "lz4", "snappy", "zstd".
std::string_view to_string(Compression compression);

// Threads: one at a time; keeps a context that is costly to make.
class Compressor {
 public:
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Appends `input` compressed and returns true if that saves an eighth or more; else appends
  // nothing.
  bool append(std::string_view input, std::string* out);

 private:
  struct Context;
  const Compression compression_;
  std::unique_ptr<Context> context_;
};

// Fills exactly [to, to + bytes) from `input`, which may be damaged in any way: false if it does
// not decompress to exactly that many bytes.
bool decompress(Compression compression, std::string_view input, char* to, std::size_t bytes);

}  // namespace ashlar
