#include "base/operation.h"

#include "base/check.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "base/limits.h"

namespace ashlar {

using namespace operation_code;

namespace {

// Time, code, expiry and two lengths.
constexpr std::size_t kFixedFrontBytes = 8 + 1 + 8 + 2 * kMaximumVarint64Bytes;
constexpr std::size_t kShortKeyBytes = 64;

}  // namespace

std::size_t encoded_operation_bytes(const Operation& operation) {
  return 8 + 1 + varint_bytes(operation.key.size()) + operation.key.size() +
         (operation.expires_at_ms != 0 ? 8 : 0) + varint_bytes(operation.value.size()) +
         operation.value.size() + 4;
}

uint32_t encode_operation(const Operation& operation, std::string* out) {
  const std::size_t start = out->size();
  unsigned code = static_cast<unsigned>(operation.kind);
  if (operation.expires_at_ms != 0) code |= kHasExpiry;
  if (operation.value_is_pointer) code |= kIsPointer;

  // What comes before the value is put together here, unless the key is long.
  char front[kFixedFrontBytes + kShortKeyBytes];
  store<uint64_t>(front, operation.timestamp_us);
  front[8] = static_cast<char>(code);
  char* at = store_varint(front + 9, operation.key.size());
  if (operation.key.size() <= kShortKeyBytes) {
    copy_key_bytes(at, operation.key.data(), operation.key.size());
    at += operation.key.size();
  } else {
    out->append(front, at).append(operation.key);
    at = front;
  }
  if (operation.expires_at_ms != 0) {
    store<uint64_t>(at, operation.expires_at_ms);
    at += 8;
  }
  at = store_varint(at, operation.value.size());
  out->append(front, at).append(operation.value);

  const uint32_t checksum = crc32c(std::string_view(*out).substr(start));
  append_fixed<uint32_t>(out, checksum);
  return checksum;
}

Result<Operation> decode_operation(std::string_view bytes, std::size_t* consumed, bool verify) {
  ByteReader in(bytes);
  Operation operation;
  operation.timestamp_us = in.fixed<uint64_t>();
  const unsigned code = in.fixed<uint8_t>();
  operation.key = in.prefixed();
  if ((code & kHasExpiry) != 0) operation.expires_at_ms = in.fixed<uint64_t>();
  operation.value = in.prefixed();
  const auto covered = static_cast<std::size_t>(in.at() - bytes.data());
  operation.checksum = in.fixed<uint32_t>();
  if (!in.ok()) return Status::corruption("operation is cut off");
  if (verify && crc32c(bytes.substr(0, covered)) != operation.checksum) {
    return Status::corruption("operation's checksum does not match");
  }
  const unsigned kind = code & kKindMask;
  if (kind < 1 || kind > 3 || (code & ~(kKindMask | kHasExpiry | kIsPointer)) != 0) {
    return Status::corruption("unknown operation code " + std::to_string(code));
  }
  if (operation.key.empty() && kind != static_cast<unsigned>(EntryKind::kDeleteRange)) {
    return Status::corruption("operation has an empty key");
  }
  if (operation.key.size() > kMaximumStoredKeyBytes ||
      operation.value.size() > kMaximumValueBytes) {
    return Status::corruption("operation's key or value is over the limit");
  }
  operation.kind = static_cast<EntryKind>(kind);
  operation.value_is_pointer = (code & kIsPointer) != 0;
  *consumed = covered + 4;
  return operation;
}

}  // namespace ashlar
