// One operation from any bytes: refused, or decoded so that encoding gives the same bytes again, as
// they are and behind a checksum that is right. Where an operation was checked, the decoder that
// trusts it agrees. The same for numbers, counters and pointers to values.
#include <string>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/decimal.h"
#include "base/operation.h"
#include "base/value_pointer.h"
#include "fuzz.h"

namespace ashlar {
namespace {

bool same(const Operation& a, const Operation& b) {
  return a.timestamp_us == b.timestamp_us && a.kind == b.kind && a.key == b.key &&
         a.value == b.value && a.expires_at_ms == b.expires_at_ms &&
         a.value_is_pointer == b.value_is_pointer && a.checksum == b.checksum;
}

void check_operation(std::string_view bytes, bool verify) {
  std::size_t consumed = 0;
  const auto operation = decode_operation(bytes, &consumed, verify);
  if (!operation.ok()) return;
  ASHLAR_CHECK(consumed <= bytes.size());
  std::string again;
  const uint32_t checksum = encode_operation(*operation, &again);
  ASHLAR_CHECK(again.size() == encoded_operation_bytes(*operation));
  std::size_t length = 0;
  auto decoded = decode_operation(again, &length);
  ASHLAR_CHECK(decoded.ok() && length == again.size() && decoded->checksum == checksum);
  ASHLAR_CHECK(same(*decoded, decode_trusted_operation(again.data())));
  ASHLAR_CHECK(same(*operation, decode_trusted_operation(bytes.data())));
  decoded->checksum = operation->checksum;
  ASHLAR_CHECK(same(*decoded, *operation));
}

void check_numbers(std::string_view bytes) {
  ByteReader in(bytes);
  while (in.ok() && in.left() > 0) {
    const char* const from = in.at();
    const uint64_t value = in.varint();
    if (!in.ok()) break;
    uint64_t trusted = 0;
    ASHLAR_CHECK(load_trusted_varint(from, &trusted) == in.at() && trusted == value);
    std::string again;
    append_varint(&again, value);
    ASHLAR_CHECK(again.size() == varint_bytes(value));
    ASHLAR_CHECK(again.size() <= static_cast<std::size_t>(in.at() - from));
  }
  ASHLAR_CHECK(in.ok() || (in.varint() == 0 && in.fixed<uint8_t>() == 0 && in.bytes(1).empty()));
  std::string copy(bytes.size(), '\0');
  copy_key_bytes(copy.data(), bytes.data(), bytes.size());
  ASHLAR_CHECK(copy == bytes);
  if (const auto sum = add_to_decimal(bytes, 7); sum.ok()) {
    ASHLAR_CHECK(add_to_decimal(std::to_string(*sum), -7).ok());
  }
  ValuePointer pointer;
  if (ValuePointer::decode(bytes, &pointer)) ASHLAR_CHECK(pointer.encode() == bytes);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  check_operation(bytes, true);
  check_operation(bytes, false);
  std::string sealed(bytes);
  append_fixed<uint32_t>(&sealed, crc32c(bytes));
  check_operation(sealed, true);
  check_numbers(bytes);
  return 0;
}
