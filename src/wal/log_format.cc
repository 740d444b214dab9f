#include "wal/log_format.h"

#include <cstdio>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/operation.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::string_view kSegmentSuffix = ".log";

uint32_t frame_checksum(const char* header, uint32_t digest, uint64_t generation,
                        uint64_t position) {
  char covered[kFrameHeaderBytes];
  std::memcpy(covered, header + 4, kFrameHeaderBytes - 4);
  store<uint32_t>(covered + kFrameHeaderBytes - 4, digest);
  return crc32c(std::string_view(covered, sizeof(covered)), checksum_seed(generation, position));
}

}  // namespace

std::string segment_name(uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof(name), "%06llu.log", static_cast<unsigned long long>(number));
  return name;
}

std::optional<uint64_t> parse_segment_name(std::string_view name) {
  if (!name.ends_with(kSegmentSuffix)) return std::nullopt;
  uint64_t number = 0;
  for (const char c : name.substr(0, name.size() - kSegmentSuffix.size())) {
    if (c < '0' || c > '9' || number > (UINT64_MAX - 9) / 10) return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  if (segment_name(number) != name) return std::nullopt;
  return number;
}

void encode_segment_header(const SegmentHeader& header, char* to) {
  store<uint32_t>(to + 4, kSegmentMagic);
  store<uint32_t>(to + 8, kSegmentVersion);
  store<uint32_t>(to + 12, 0);
  store<uint64_t>(to + 16, header.info.number);
  store<uint64_t>(to + 24, header.info.generation);
  store<uint64_t>(to + 32, header.info.start);
  store<uint64_t>(to + 40, header.info.first_sequence);
  store<uint64_t>(to + 48, header.created_us);
  store<uint64_t>(to + 56, header.info.capacity);
  store<uint32_t>(to, crc32c(std::string_view(to + 4, kSegmentHeaderBytes - 4)));
}

Result<SegmentHeader> decode_segment_header(std::string_view bytes) {
  ByteReader in(bytes);
  const auto checksum = in.fixed<uint32_t>();
  const auto magic = in.fixed<uint32_t>();
  const auto version = in.fixed<uint32_t>();
  in.fixed<uint32_t>();
  SegmentHeader header;
  header.info.number = in.fixed<uint64_t>();
  header.info.generation = in.fixed<uint64_t>();
  header.info.start = in.fixed<uint64_t>();
  header.info.first_sequence = in.fixed<uint64_t>();
  header.created_us = in.fixed<uint64_t>();
  header.info.capacity = in.fixed<uint64_t>();
  if (!in.ok() || in.left() != 0) return Status::corruption("offset 0: segment header is cut off");
  if (crc32c(bytes.substr(4)) != checksum) {
    return Status::corruption("offset 0: segment header's checksum does not match");
  }
  if (magic != kSegmentMagic) return Status::corruption("offset 0: not a log segment");
  if (version > kSegmentVersion) {
    return Status::unsupported("log segment has version " + std::to_string(version));
  }
  const SegmentInfo& info = header.info;
  if (info.start % kLogBlockBytes != 0 || info.capacity % kLogBlockBytes != 0 ||
      info.capacity == 0 || info.end() < info.start || info.end() > INT64_MAX ||
      info.first_sequence > kMaximumSequence + 1) {
    return Status::corruption("offset 0: segment header's fields contradict each other");
  }
  return header;
}

void encode_frame_header(const FrameHeader& header, uint32_t digest, uint64_t generation,
                         uint64_t position, char* to) {
  store<uint32_t>(to + 4, header.length);
  store<uint64_t>(to + 8, header.sequence << 8 | static_cast<uint64_t>(header.kind));
  store<uint32_t>(to + 16, header.unsynced);
  store<uint32_t>(to, frame_checksum(to, digest, generation, position));
}

std::optional<FrameHeader> decode_frame_header(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  FrameHeader header;
  header.length = load<uint32_t>(bytes.data() + 4);
  const auto sequence_and_kind = load<uint64_t>(bytes.data() + 8);
  header.unsynced = load<uint32_t>(bytes.data() + 16);
  header.sequence = sequence_and_kind >> 8;
  const uint64_t kind = sequence_and_kind & 0xff;
  if (kind != static_cast<uint64_t>(FrameKind::kCommit) &&
      kind != static_cast<uint64_t>(FrameKind::kPadding)) {
    return std::nullopt;
  }
  header.kind = static_cast<FrameKind>(kind);
  if (header.length < kFrameHeaderBytes) return std::nullopt;
  return header;
}

bool frame_verifies(std::string_view bytes, uint32_t digest, uint64_t generation,
                    uint64_t position) {
  return load<uint32_t>(bytes.data()) ==
             frame_checksum(bytes.data(), digest, generation, position) ||
         ASHLAR_MUTANT("log-checksums-not-checked");
}

Result<uint32_t> verify_operations(std::string_view operations) {
  uint32_t digest = 0;
  while (!operations.empty()) {
    std::size_t consumed = 0;
    ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(operations, &consumed));
    char checksum[4];
    store<uint32_t>(checksum, operation.checksum);
    digest = crc32c(std::string_view(checksum, sizeof(checksum)), digest);
    operations.remove_prefix(consumed);
  }
  return digest;
}

}  // namespace ashlar
