#include "query/resume_token.h"

#include "base/checksum.h"
#include "base/coding.h"

namespace ashlar {
namespace {

constexpr char kVersion = 1;
constexpr std::string_view kDigits = "0123456789abcdef";

bool from_hexadecimal(std::string_view text, std::string* bytes) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const std::size_t high = kDigits.find(text[at]);
    const std::size_t low = kDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes->push_back(static_cast<char>(high << 4 | low));
  }
  return true;
}

}  // namespace

std::string ResumePoint::to_text() const {
  std::string bytes(1, kVersion);
  append_fixed<uint64_t>(&bytes, fingerprint);
  append_prefixed(&bytes, plan);
  append_prefixed(&bytes, order);
  append_prefixed(&bytes, key);
  append_fixed<uint32_t>(&bytes, crc32c(bytes));
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

Result<ResumePoint> ResumePoint::parse(std::string_view text) {
  const Status failure = Status::invalid_argument("no resume token");
  std::string bytes;
  if (!from_hexadecimal(text, &bytes) || bytes.size() < sizeof(uint32_t)) return failure;
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - sizeof(uint32_t));
  if (crc32c(body) != load<uint32_t>(body.data() + body.size())) return failure;
  ByteReader in(body);
  if (in.fixed<uint8_t>() != kVersion) {
    return Status::invalid_argument("a resume token of another version");
  }
  ResumePoint point;
  point.fingerprint = in.fixed<uint64_t>();
  point.plan = in.prefixed();
  point.order = in.prefixed();
  point.key = in.prefixed();
  if (!in.ok() || in.left() != 0) return failure;
  return point;
}

}  // namespace ashlar
