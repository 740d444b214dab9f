// What queries read of their callers and of their own files, from any bytes. The first byte says
// which: 'r' a resume token, 'R' the bytes of one behind a checksum that is right, 's' a sorted
// run, 'S' records to be written as one, 'a' what is known of an aggregate, and behind it a
// document, 'u' an update, and behind a zero byte a document for it.
#include <string>
#include <vector>

#include "base/checksum.h"
#include "base/coding.h"
#include "document/json_text.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "query/aggregate.h"
#include "query/resume_token.h"
#include "query/sort_run.h"
#include "query/update_text.h"
#include "support/hexadecimal.h"

namespace ashlar {
namespace {

void check_token(std::string_view text) {
  const auto point = ResumePoint::parse(text);
  if (!point.ok()) {
    ASHLAR_CHECK(point.status().is(StatusCode::kInvalidArgument));
    return;
  }
  const auto again = ResumePoint::parse(point->to_text());
  ASHLAR_CHECK(again.ok() && again->fingerprint == point->fingerprint);
  ASHLAR_CHECK(again->plan == point->plan && again->order == point->order);
  ASHLAR_CHECK(again->key == point->key);
}

std::string sealed_token(std::string_view bytes) {
  std::string sealed(bytes);
  append_fixed<uint32_t>(&sealed, crc32c(bytes));
  return to_hexadecimal(sealed);
}

void check_run_bytes(std::string_view bytes) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{"/db/000001.sort", bytes}});
  const auto open = [&] { return disk->open_file("/db/000001.sort", {}); };
  auto file = open();
  ASHLAR_CHECK(file.ok());
  const SortRun run(*disk, std::move(*file), bytes.size(), 0);
  SortRunReader reader(run);
  SortRecord record;
  std::size_t found = 0;
  for (auto more = reader.next(&record); more.ok() && *more; more = reader.next(&record)) {
    found += record.order.size() + record.key.size() + record.payload.size();
  }
  ASHLAR_CHECK(found <= bytes.size());
}

// Records of the lengths that the input says; those of one in eight fill more than a buffer.
std::vector<SortRecord> records_in(std::string_view bytes) {
  std::vector<SortRecord> records;
  constexpr std::size_t kMostRecords = 16;
  for (ByteReader in(bytes); in.left() > 0 && records.size() < kMostRecords;) {
    const std::size_t how = in.fixed<uint8_t>();
    SortRecord record;
    record.order = in.bytes(std::min(how / 8, in.left()));
    record.key = std::string(how, 'k');
    if (how % 8 == 7) record.payload = std::string(how * 400, 'p');
    records.push_back(std::move(record));
  }
  return records;
}

// What was written comes back, unless a call fails.
Status write_and_read(SimEnv& env, const std::vector<SortRecord>& records) {
  auto writer = SortRunWriter::create(env, "/db");
  if (!writer.ok()) return writer.status();
  for (const SortRecord& record : records) {
    if (const Status added = writer->add(record); !added.ok()) return added;
  }
  auto finished = writer->finish(1);
  if (!finished.ok()) return finished.status();
  SortRun run = std::move(*finished);
  SortRunReader reader(run);
  SortRecord record;
  for (const SortRecord& wanted : records) {
    const auto more = reader.next(&record);
    if (!more.ok()) return more.status();
    ASHLAR_CHECK(*more && record.same_place(wanted) && record.payload == wanted.payload);
  }
  const auto more = reader.next(&record);
  ASHLAR_CHECK(more.ok() && !*more);
  auto another = SortRunWriter::create(env, "/db");
  if (!another.ok()) return another.status();
  auto empty = another->finish(2);
  if (!empty.ok()) return empty.status();
  run = std::move(*empty);
  ASHLAR_CHECK(run.bytes() == 0);
  return {};
}

void check_records(std::string_view bytes) {
  const std::vector<SortRecord> records = records_in(bytes);
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  ASHLAR_CHECK(write_and_read(*disk, records).ok());
  ASHLAR_CHECK(disk->files_below("/db").empty());
  disk->inject(fuzz_fault(bytes));
  (void)write_and_read(*disk, records);
}

// Written again, the state is the same; a document and another state can be added to any of them.
void check_aggregate(std::string_view bytes) {
  std::string_view rest = bytes.substr(std::min<std::size_t>(1, bytes.size()));
  const auto state = AggregateState::decode(&rest);
  if (!state.ok()) {
    ASHLAR_CHECK(state.status().is(StatusCode::kCorruption));
    return;
  }
  std::string encoded;
  state->encode(&encoded);
  std::string_view left = encoded;
  AggregateState again = AggregateState::decode(&left).value();
  std::string twice;
  again.encode(&twice);
  ASHLAR_CHECK(left.empty() && twice == encoded);

  Aggregate aggregate;
  aggregate.kind = static_cast<Aggregate::Kind>(static_cast<unsigned char>(bytes.front()) % 5);
  aggregate.field = "a";
  const auto spec = AggregateSpec::make(aggregate);
  ASHLAR_CHECK(spec.ok() && !spec->name.empty());
  if (const auto document = parse_json(rest); document.ok()) again.add(*spec, *document);
  again.merge(*spec, *state);
  ASHLAR_CHECK(parse_json(to_json(again.result(*spec))).ok());
  (void)AggregateState().result(*spec);
}

// Either the whole update or nothing of it.
void check_update(std::string_view bytes) {
  const std::size_t split = bytes.find('\0');
  const auto update = parse_update(bytes.substr(0, split));
  if (!update.ok()) {
    ASHLAR_CHECK(update.status().is(StatusCode::kInvalidArgument));
    return;
  }
  if (split == std::string_view::npos) return;
  auto document = parse_json(bytes.substr(split + 1));
  if (!document.ok()) return;
  const std::string before = to_json(*document);
  if (!update->apply(&*document).ok()) ASHLAR_CHECK(to_json(*document) == before);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size == 0) return 0;
  const std::string_view bytes = fuzz_input(data + 1, size - 1);
  switch (data[0]) {
    case 'r':
      check_token(bytes);
      break;
    case 'R':
      check_token(sealed_token(bytes));
      break;
    case 's':
      check_run_bytes(bytes);
      break;
    case 'S':
      check_records(bytes);
      break;
    case 'a':
      check_aggregate(bytes);
      break;
    case 'u':
      check_update(bytes);
      break;
    default:
      break;
  }
  return 0;
}
