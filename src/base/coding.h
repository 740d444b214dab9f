// Integers as bytes: little-endian fixed width, and varints of seven bits a byte (LEB128, as in
// DWARF and Protocol Buffers).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ashlar {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

template <typename Integer>
inline Integer load(const void* from) {
  Integer value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename Integer>
inline void store(void* to, Integer value) {
  std::memcpy(to, &value, sizeof(value));
}

template <typename Integer>
inline void append_fixed(std::string* out, Integer value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

inline constexpr int kMaximumVarint64Bytes = 10;

// Writes at most kMaximumVarint64Bytes at `to`; returns the end.
inline char* store_varint(char* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

inline void append_varint(std::string* out, uint64_t value) {
  char buffer[kMaximumVarint64Bytes];
  out->append(buffer, static_cast<std::size_t>(store_varint(buffer, value) - buffer));
}

inline constexpr std::size_t varint_bytes(uint64_t value) {
  std::size_t bytes = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++bytes;
  }
  return bytes;
}

// Reads a varint that was checked before, so that it needs no end. Returns the byte behind it.
inline const char* load_trusted_varint(const char* from, uint64_t* value) {
  uint64_t byte = static_cast<unsigned char>(*from++);
  *value = byte;
  if (byte < 0x80) [[likely]]
    return from;
  *value = byte & 0x7f;
  for (unsigned shift = 7; byte >= 0x80 && shift < 64; shift += 7) {
    byte = static_cast<unsigned char>(*from++);
    *value |= (byte & 0x7f) << shift;
  }
  return from;
}

// Reads a varint from [from, end) into *value. Returns the byte behind it, or null if it is cut off
// or longer than 64 bits.
inline const char* load_varint(const char* from, const char* end, uint64_t* value) {
  if (from < end && static_cast<signed char>(*from) >= 0) [[likely]] {
    *value = static_cast<unsigned char>(*from);
    return from + 1;
  }
  uint64_t result = 0;
  for (int shift = 0; shift <= 63 && from < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*from++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      *value = result;
      return from;
    }
  }
  return nullptr;
}

// memcpy() without a call for the lengths that keys mostly have.
inline void copy_key_bytes(char* to, const char* from, std::size_t bytes) {
  if (bytes >= 8 && bytes <= 16) [[likely]] {
    // Both ends, which may overlap.
    const auto front = load<uint64_t>(from);
    const auto back = load<uint64_t>(from + bytes - 8);
    std::memcpy(to, &front, 8);
    std::memcpy(to + bytes - 8, &back, 8);
  } else if (bytes >= 4 && bytes < 8) {
    const auto front = load<uint32_t>(from);
    const auto back = load<uint32_t>(from + bytes - 4);
    std::memcpy(to, &front, 4);
    std::memcpy(to + bytes - 4, &back, 4);
  } else if (bytes > 0) {
    std::memcpy(to, from, bytes);
  }
}

// The first eight bytes of `bytes` as a number that orders like them (big-endian, zero-padded).
inline uint64_t order_prefix64(std::string_view bytes) {
  uint64_t value = 0;
  if (bytes.size() >= sizeof(value)) [[likely]] {
    std::memcpy(&value, bytes.data(), sizeof(value));
  } else if (!bytes.empty()) {  // an empty view may point nowhere, which memcpy must not be given
    std::memcpy(&value, bytes.data(), bytes.size());
  }
  return __builtin_bswap64(value);
}

inline uint16_t order_prefix16(std::string_view bytes) {
  uint16_t value = 0;
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size() < 2 ? 1 : 2);
  return __builtin_bswap16(value);
}

// Takes fields off the front of bytes that may be damaged. After the first field that is not there
// whole, ok() is false and every later field is zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  const char* at() const { return at_; }

  template <typename Integer>
  Integer fixed() {
    if (!ok_ || left() < sizeof(Integer)) return fail<Integer>();
    const auto value = load<Integer>(at_);
    at_ += sizeof(Integer);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    const char* next = ok_ ? load_varint(at_, end_, &value) : nullptr;
    if (next == nullptr) return fail<uint64_t>();
    at_ = next;
    return value;
  }
  std::string_view bytes(uint64_t count) {
    if (!ok_ || left() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view view(at_, count);
    at_ += count;
    return view;
  }
  // A varint length and that many bytes.
  std::string_view prefixed() { return bytes(varint()); }

 private:
  template <typename Integer>
  Integer fail() {
    ok_ = false;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

inline void append_prefixed(std::string* out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out->append(bytes);
}

}  // namespace ashlar
