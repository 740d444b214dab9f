#include "table/compression.h"

#include <lz4.h>
#include <snappy.h>
#include <zstd.h>

#include <cstring>

namespace ashlar {
namespace {

constexpr int kZstdLevel = 3;

struct FreeCompressContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::size_t bound(Compression compression, std::size_t bytes) {
  switch (compression) {
    case Compression::kLz4:
      return static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(bytes)));
    case Compression::kSnappy:
      return snappy::MaxCompressedLength(bytes);
    case Compression::kZstd:
      return ZSTD_compressBound(bytes);
    case Compression::kNone:
      break;
  }
  return 0;
}

bool decompress_zstd(std::string_view input, char* to, std::size_t bytes) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressContext> context(ZSTD_createDCtx());
  return context != nullptr &&
         ZSTD_decompressDCtx(context.get(), to, bytes, input.data(), input.size()) == bytes;
}

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kLz4:
      return "lz4";
    case Compression::kSnappy:
      return "snappy";
    case Compression::kZstd:
      return "zstd";
  }
  return "unknown";
}

struct Compressor::Context {
  std::unique_ptr<ZSTD_CCtx, FreeCompressContext> zstd;
};

Compressor::Compressor(Compression compression)
    : compression_(compression), context_(std::make_unique<Context>()) {
  if (compression == Compression::kZstd) context_->zstd.reset(ZSTD_createCCtx());
}

Compressor::~Compressor() = default;

bool Compressor::append(std::string_view input, std::string* out) {
  const std::size_t before = out->size();
  const std::size_t capacity = bound(compression_, input.size());
  out->resize(before + capacity);
  char* to = out->data() + before;
  std::size_t written = 0;
  if (compression_ == Compression::kLz4) {
    written = static_cast<std::size_t>(LZ4_compress_default(
        input.data(), to, static_cast<int>(input.size()), static_cast<int>(capacity)));
  } else if (compression_ == Compression::kSnappy) {
    snappy::RawCompress(input.data(), input.size(), to, &written);
  } else if (compression_ == Compression::kZstd && context_->zstd != nullptr) {
    written = ZSTD_compressCCtx(context_->zstd.get(), to, capacity, input.data(), input.size(),
                                kZstdLevel);
    if (ZSTD_isError(written)) written = 0;
  }
  const bool pays = written != 0 && written <= input.size() - input.size() / 8;
  out->resize(before + (pays ? written : 0));
  return pays;
}

bool decompress(Compression compression, std::string_view input, char* to, std::size_t bytes) {
  std::size_t length = 0;
  switch (compression) {
    case Compression::kNone:
      if (input.size() != bytes) return false;
      std::memcpy(to, input.data(), bytes);
      return true;
    case Compression::kLz4:
      return LZ4_decompress_safe(input.data(), to, static_cast<int>(input.size()),
                                 static_cast<int>(bytes)) == static_cast<int>(bytes);
    case Compression::kSnappy:
      return snappy::GetUncompressedLength(input.data(), input.size(), &length) &&
             length == bytes && snappy::RawUncompress(input.data(), input.size(), to);
    case Compression::kZstd:
      return decompress_zstd(input, to, bytes);
  }
  return false;
}

}  // namespace ashlar
