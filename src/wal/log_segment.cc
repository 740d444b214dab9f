#include "wal/log_segment.h"

#include <algorithm>
#include <cstring>

#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::size_t kZeroBytes = 64 << 10;
alignas(kLogBlockBytes) constexpr char kZeros[kZeroBytes] = {};  // aligned for direct writes

Status write_zeros(File& file, uint64_t bytes) {
  for (uint64_t offset = 0; offset < bytes; offset += kZeroBytes) {
    const uint64_t piece = std::min<uint64_t>(kZeroBytes, bytes - offset);
    ASHLAR_TRY(file.write(offset, std::string_view(kZeros, piece)));
  }
  return {};
}

Status write_header(Env& env, File& file, const SegmentInfo& info) {
  alignas(kLogBlockBytes) char block[kLogBlockBytes] = {};
  encode_segment_header({info, env.wall_clock_us()}, block);
  ASHLAR_TRY(file.write(0, std::string_view(block, sizeof(block))));
  return file.sync();
}

// A file of that length whose header is zeros, durable but for its name.
Result<std::unique_ptr<File>> build_blank(Env& env, const std::string& path, uint64_t bytes) {
  const FileOptions options{.mode = OpenMode::kCreate, .direct = true};
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file, env.open_file(path, options));
  ASHLAR_TRY(file->allocate(bytes));
  // With the length durable, the header's block is zeros, whatever becomes of later writes.
  ASHLAR_TRY(file->sync());
  return file;
}

// Everything but the name's removal after a failure.
Status build_segment(Env& env, const std::string& folder, const SegmentInfo& info, bool prewrite) {
  const std::string path = segment_path(folder, info.number);
  const uint64_t bytes = kLogBlockBytes + info.capacity;
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<File> file, build_blank(env, path, bytes));
  if (prewrite) {
    ASHLAR_TRY(write_zeros(*file, bytes));
    ASHLAR_TRY(file->sync());
  }
  ASHLAR_TRY(env.sync_folder(folder));
  return write_header(env, *file, info);
}

Result<std::unique_ptr<File>> open_for_log(Env& env, const std::string& path) {
  return env.open_file(path, {.mode = OpenMode::kReadWrite, .direct = true});
}

Status name_file(const File& file, const Status& status) {
  return {status.code(), file.path() + ": " + std::string(status.message())};
}

}  // namespace

std::string segment_path(const std::string& folder, uint64_t number) {
  return join_path(folder, segment_name(number));
}

Result<std::unique_ptr<File>> create_segment(Env& env, const std::string& folder,
                                             const SegmentInfo& info, bool prewrite) {
  const std::string path = segment_path(folder, info.number);
  Status built = build_segment(env, folder, info, prewrite);
  if (!built.ok()) {
    // A file that can't be removed now is blank, or superseded by the next one with this start.
    (void)env.remove(path);
    return built;
  }
  return open_for_log(env, path);
}

Status create_blank_segment(Env& env, const std::string& folder, uint64_t number,
                            uint64_t capacity) {
  const std::string path = segment_path(folder, number);
  Status built = build_blank(env, path, kLogBlockBytes + capacity).status();
  if (built.ok()) built = env.sync_folder(folder);
  if (!built.ok()) (void)env.remove(path);
  return built;
}

Status wipe_segment(Env& env, const std::string& folder, uint64_t number) {
  const FileOptions options{.mode = OpenMode::kReadWrite, .direct = true};
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<File> file,
                    env.open_file(segment_path(folder, number), options));
  ASHLAR_TRY(file->write(0, std::string_view(kZeros, kLogBlockBytes)));
  return file->sync();
}

Result<std::unique_ptr<File>> reuse_segment(Env& env, const std::string& folder, uint64_t wiped,
                                            const SegmentInfo& info) {
  const std::string path = segment_path(folder, info.number);
  ASHLAR_TRY(env.rename(segment_path(folder, wiped), path));
  // Before the header: a crash must not leave the new header under the old name.
  ASHLAR_TRY(env.sync_folder(folder));
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file, open_for_log(env, path));
  ASHLAR_TRY(write_header(env, *file, info));
  return file;
}

Result<std::optional<SegmentHeader>> read_segment_header(const File& file) {
  ASHLAR_TRY_ASSIGN(const uint64_t bytes, file.size());
  char buffer[kSegmentHeaderBytes] = {};
  const std::size_t present = std::min<uint64_t>(bytes, kSegmentHeaderBytes);
  if (present != 0) ASHLAR_TRY(file.read(0, buffer, present));
  if (std::all_of(buffer, buffer + kSegmentHeaderBytes, [](char c) { return c == 0; })) {
    return std::optional<SegmentHeader>();
  }
  Result<SegmentHeader> header =
      decode_segment_header(std::string_view(buffer, kSegmentHeaderBytes));
  if (!header.ok()) return name_file(file, header.status());
  if (bytes < kLogBlockBytes + header->info.capacity) {
    return name_file(file, Status::corruption("file ends at offset " + std::to_string(bytes) +
                                              ", header says more"));
  }
  return std::optional<SegmentHeader>(*header);
}

Result<SegmentListing> list_segments(Env& env, const std::string& folder) {
  ASHLAR_TRY_ASSIGN(const std::vector<DirectoryEntry> entries, env.list(folder));
  SegmentListing listing;
  for (const DirectoryEntry& entry : entries) {
    const std::optional<uint64_t> number = parse_segment_name(entry.name);
    if (!number || entry.is_directory) continue;
    Result<std::unique_ptr<File>> file = env.open_file(join_path(folder, entry.name), {});
    if (file.status().is(StatusCode::kNotFound)) {
      return Status::busy(entry.name + " was removed while the log was read");
    }
    if (!file.ok()) return std::move(file).status();
    ASHLAR_TRY_ASSIGN(const std::optional<SegmentHeader> header, read_segment_header(**file));
    if (!header) {
      listing.blank.push_back(*number);
    } else if (header->info.number != *number) {
      return name_file(**file, Status::corruption("offset 16: file is segment " +
                                                  std::to_string(header->info.number)));
    } else {
      listing.segments.push_back(header->info);
    }
  }
  std::sort(listing.blank.begin(), listing.blank.end());
  std::sort(listing.segments.begin(), listing.segments.end(),
            [](const SegmentInfo& a, const SegmentInfo& b) { return a.number < b.number; });
  return listing;
}

bool may_succeed_later(const Status& status) {
  return status.is(StatusCode::kNoSpace) || status.is(StatusCode::kBusy);
}

}  // namespace ashlar
