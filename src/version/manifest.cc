#include "version/manifest.h"

#include "base/checksum.h"
#include "base/coding.h"
#include "base/mutants.h"
#include "base/try.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr uint32_t kMagic = 0xDB01ED17;
constexpr uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kRecordHeaderBytes = 8;

std::string header_for(uint64_t number) {
  std::string header;
  append_fixed<uint32_t>(&header, kMagic);
  append_fixed<uint32_t>(&header, kVersion);
  append_fixed<uint64_t>(&header, number);
  return header;
}

std::string frame(uint64_t number, uint64_t offset, const VersionEdit& edit) {
  const std::string payload = edit.encode();
  std::string covered;
  append_fixed<uint32_t>(&covered, static_cast<uint32_t>(payload.size()));
  covered += payload;
  std::string record;
  append_fixed<uint32_t>(&record, crc32c(covered, checksum_seed(number, offset)));
  return record + covered;
}

// The payload of the record at `offset`, or nothing if it is not there whole and right.
std::optional<std::string_view> record_at(std::string_view bytes, uint64_t number,
                                          uint64_t offset) {
  if (bytes.size() - offset < kRecordHeaderBytes) return std::nullopt;
  const auto length = load<uint32_t>(bytes.data() + offset + 4);
  if (length > bytes.size() - offset - kRecordHeaderBytes) return std::nullopt;
  const std::string_view covered = bytes.substr(offset + 4, 4 + std::size_t{length});
  if (crc32c(covered, checksum_seed(number, offset)) != load<uint32_t>(bytes.data() + offset) &&
      !ASHLAR_MUTANT("manifest-checksums-not-checked")) {
    return std::nullopt;
  }
  return covered.substr(4);
}

bool has_record_behind(std::string_view bytes, uint64_t number, uint64_t offset) {
  for (uint64_t at = offset + 1; at + kRecordHeaderBytes < bytes.size(); ++at) {
    if (record_at(bytes, number, at)) return true;
  }
  return false;
}

std::string place(const std::string& name, uint64_t offset) {
  return name + ": offset " + std::to_string(offset) + ": ";
}

Status check_header(std::string_view bytes, uint64_t number, const std::string& name) {
  if (bytes.size() < kHeaderBytes || load<uint32_t>(bytes.data()) != kMagic) {
    return Status::corruption(place(name, 0) + "not a manifest");
  }
  if (load<uint32_t>(bytes.data() + 4) > kVersion) {
    return Status::unsupported(place(name, 4) + "manifest version " +
                               std::to_string(load<uint32_t>(bytes.data() + 4)) +
                               " is newer than this program, which knows 1");
  }
  if (load<uint32_t>(bytes.data() + 4) != kVersion ||
      load<uint64_t>(bytes.data() + 8) != number) {
    return Status::corruption(place(name, 4) + "header is of another manifest");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::create(Env& env, const std::string& folder,
                                                               uint64_t number,
                                                               const VersionEdit& state) {
  const std::string path = join_path(folder, file_name(FileType::kManifest, number));
  ASHLAR_TRY_ASSIGN(auto file, env.open_file(path, {.mode = OpenMode::kCreate}));
  std::unique_ptr<ManifestWriter> writer(new ManifestWriter(std::move(file), number));
  const std::string header = header_for(number);
  ASHLAR_TRY(writer->file_->write(0, header));
  writer->offset_ = header.size();
  ASHLAR_TRY(writer->append(state));
  return writer;
}

Status ManifestWriter::append(const VersionEdit& edit) {
  const std::string record = frame(number_, offset_, edit);
  ASHLAR_TRY(file_->write(offset_, record));
  if (!ASHLAR_MUTANT("manifest-not-synced")) ASHLAR_TRY(file_->sync());
  offset_ += record.size();
  return {};
}

Status read_manifest(std::string_view bytes, uint64_t number, const std::string& name,
                     const std::function<Status(uint64_t, const VersionEdit&)>& visit) {
  ASHLAR_TRY(check_header(bytes, number, name));
  uint64_t offset = kHeaderBytes;
  while (offset < bytes.size()) {
    const auto payload = record_at(bytes, number, offset);
    if (!payload) {
      // [MAN-2]
      if (offset == kHeaderBytes || has_record_behind(bytes, number, offset)) {
        return Status::corruption(place(name, offset) + "record's checksum does not match");
      }
      return {};
    }
    auto edit = VersionEdit::decode(*payload);
    if (!edit.ok()) {
      return Status(edit.status().code(),
                    place(name, offset) + std::string(edit.status().message()));
    }
    ASHLAR_TRY(visit(offset, *edit));
    offset += kRecordHeaderBytes + payload->size();
  }
  if (offset == kHeaderBytes) return Status::corruption(place(name, offset) + "no record");
  return {};
}

bool salvage_manifest(std::string_view bytes, uint64_t number,
                      const std::function<void(const VersionEdit&)>& visit,
                      const std::function<void(uint64_t offset)>& damage) {
  const bool headed = check_header(bytes, number, {}).ok();
  if (!headed) damage(0);
  bool damaged = !headed;
  uint64_t hole = kHeaderBytes;  // where the bytes begin that belong to no record
  for (uint64_t at = kHeaderBytes; at < bytes.size();) {
    const auto payload = record_at(bytes, number, at);
    if (!payload) {
      ++at;
      continue;
    }
    const auto edit = VersionEdit::decode(*payload);
    if (!edit.ok()) {
      ++at;
      continue;
    }
    if (hole < at) {
      damage(hole);
      damaged = true;
    }
    visit(*edit);
    at += kRecordHeaderBytes + payload->size();
    hole = at;
  }
  if (hole == kHeaderBytes && headed) {
    damage(hole);
    damaged = true;
  }
  return damaged;
}

}  // namespace ashlar
