// A folder with one log segment and a ring, from any bytes: as they are, or as frames with
// checksums that are right. And a folder with segments of several generations, a ring and damage,
// as the input describes it (fuzz_log.h): all well, and with a call that fails.
#include <algorithm>
#include <string>
#include <vector>

#include "base/coding.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "fuzz_log.h"
#include "wal/log_dump.h"
#include "wal/log_format.h"
#include "wal/log_reader.h"

namespace ashlar {
namespace {

constexpr uint64_t kGeneration = 5;
constexpr uint64_t kStart = 8192;
constexpr std::size_t kRingBytes = 16384;

SegmentInfo segment_of(uint64_t capacity) {
  return {.number = 3,
          .generation = kGeneration,
          .start = kStart,
          .capacity = capacity,
          .first_sequence = 1};
}

// The input cut into frames: kind, step of the sequence, unsynced, length and body of each.
std::string framed(std::string_view input) {
  std::string log;
  SequenceNumber sequence = 0;
  for (ByteReader in(input); in.ok() && in.left() > 0;) {
    FrameHeader header;
    header.kind = in.fixed<uint8_t>() % 8 == 0 ? FrameKind::kPadding : FrameKind::kCommit;
    sequence += in.fixed<uint8_t>() % 4 == 0 ? 0 : 1;
    header.sequence = sequence;
    header.unsynced = in.fixed<uint8_t>();
    const std::size_t wanted = in.fixed<uint16_t>();
    const std::string_view body = in.bytes(std::min(wanted, in.left()));
    header.length = static_cast<uint32_t>(kFrameHeaderBytes + body.size());
    const auto digest = verify_operations(body);
    char bytes[kFrameHeaderBytes];
    encode_frame_header(header, digest.ok() ? *digest : 0, kGeneration, kStart + log.size(), bytes);
    log.append(bytes, sizeof(bytes)).append(body);
  }
  return log;
}

void replay(const std::string& log, std::string_view ring) {
  const uint64_t capacity = std::max<uint64_t>(log_block_up(log.size()), kLogBlockBytes);
  std::string segment(kLogBlockBytes, '\0');
  encode_segment_header({segment_of(capacity), 1}, segment.data());
  segment += log;
  segment.resize(kLogBlockBytes + capacity);

  std::string ring_file(kRingBytes, '\0');
  const std::size_t at = (kStart + log.size()) % kRingBytes;
  ring_file.replace(at, std::min(ring.size(), kRingBytes - at), ring.substr(0, kRingBytes - at));
  const std::unique_ptr<SimEnv> disk =
      fuzz_disk({{"/db/000003.log", segment}, {"/db/log.ring", ring_file}});
  SimEnv& env = *disk;
  SequenceNumber last = 0;
  const auto end = replay_log(env, "/db", kStart, [&](const LogFrame& frame) -> Status {
    // [LOG-2]
    ASHLAR_CHECK(last == 0 || frame.sequence == last + 1);
    last = frame.sequence;
    return {};
  });
  if (end.ok()) ASHLAR_CHECK(end->position >= kStart);
  const auto ignore = [](const DumpedFrame&) -> Status { return {}; };
  (void)dump_segment(env, "/db/000003.log", ignore);
}

Result<LogEnd> replay(SimEnv& env, uint64_t from, std::vector<std::string>* commits) {
  commits->clear();
  return replay_log(env, "/db", from, [&](const LogFrame& frame) {
    commits->push_back(std::to_string(frame.sequence) + std::string(frame.operations));
    return Status();
  });
}

// What has been replayed is there without the ring, once it has been put into the segments.
void check_completion(SimEnv& env, uint64_t from) {
  std::vector<std::string> commits;
  const auto end = replay(env, from, &commits);
  if (!end.ok() || !complete_newest_segment(env, "/db", *end).ok()) return;
  if (!env.remove("/db/log.ring").ok()) return;
  std::vector<std::string> again;
  const auto second = replay(env, from, &again);
  if (!second.ok() && !second.status().is(StatusCode::kCorruption)) return;  // a call that failed
  ASHLAR_CHECK(second.ok() && second->position == end->position && again == commits);
}

void dump_all(SimEnv& env) {
  for (uint64_t number = 1; number < 8; ++number) {
    (void)dump_segment(env, segment_path("/db", number), [](const DumpedFrame& frame) {
      return frame.operations.size() < 3 ? Status() : Status::aborted("enough");
    });
  }
}

void check_described(std::string_view input) {
  constexpr uint64_t kFroms[] = {FuzzLog::kStart, FuzzLog::kStart + kLogBlockBytes, 0};
  const unsigned from = input.empty() ? 0 : static_cast<unsigned char>(input.front()) / 8 % 4;
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  if (!FuzzLog(*disk, input).write().ok()) return;  // a segment that is there already
  const std::unique_ptr<SimEnv> failing = disk->after_kill(1);
  check_completion(*disk, kFroms[from % 3]);
  dump_all(*disk);
  failing->inject(fuzz_fault(input));
  check_completion(*failing, kFroms[from % 3]);
  dump_all(*failing);
}

// Writing the segments, with a call that fails: all of them are there or an error is.
void check_writing(std::string_view input) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  disk->inject(fuzz_fault(input));
  const Status written = FuzzLog(*disk, input).write();
  if (!written.ok()) ASHLAR_CHECK(!written.message().empty());
  (void)may_succeed_later(written);
  disk->clear_faults();
  std::vector<std::string> commits;
  (void)replay(*disk, FuzzLog::kStart, &commits);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  if (size >= kSegmentHeaderBytes)
    (void)decode_segment_header(bytes.substr(0, kSegmentHeaderBytes));
  const std::string log = framed(bytes);
  replay(log, {});
  replay(std::string(bytes), bytes);
  // The first half in the segment, the rest in the ring.
  const std::string first_half = framed(bytes.substr(0, size / 2));
  replay(first_half, std::string_view(log).substr(std::min(first_half.size(), log.size())));
  check_described(bytes);
  check_writing(bytes);
  return 0;
}
