#include "care/backup_index.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/checksum.h"
#include "base/try.h"

namespace ashlar {
namespace {

constexpr std::string_view kFirstLine = "ashlar backup 1";
constexpr std::string_view kAnyFirstLine = "ashlar backup ";

std::string hexadecimal(uint32_t number) {
  char digits[9];
  std::snprintf(digits, sizeof(digits), "%08x", number);
  return digits;
}

bool parse(std::string_view digits, uint64_t* number, int base = 10) {
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), *number, base);
  return error == std::errc() && end == digits.data() + digits.size();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t blank = line.find(' ');
    words.push_back(line.substr(0, blank));
    line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  }
  return words;
}

// A file's name must not lead anywhere else.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos;
}

bool parse_file(const std::vector<std::string_view>& words, BackupFile* file) {
  const bool shared = words.front() == "shared";
  uint64_t checksum = 0;
  if (words.size() != (shared ? 5u : 4u) || !is_plain_name(words[1]) ||
      !parse(words[2], &file->digest.bytes) || !parse(words[3], &checksum, 16) ||
      checksum > UINT32_MAX || (shared && !is_plain_name(words[4]))) {
    return false;
  }
  file->name = words[1];
  file->digest.checksum = static_cast<uint32_t>(checksum);
  if (shared) file->stored = words[4];
  return true;
}

}  // namespace

std::string BackupIndex::encode() const {
  std::string text(kFirstLine);
  text += "\ntaken_us " + std::to_string(taken_us);
  text += "\nlast_sequence " + std::to_string(last_sequence);
  text += "\nlog_position " + std::to_string(log_position);
  text += "\ndatabase_id " + std::to_string(database_id) + "\n";
  for (const BackupFile& file : files) {
    text += (file.stored.empty() ? "own " : "shared ") + file.name + " " +
            std::to_string(file.digest.bytes) + " " + hexadecimal(file.digest.checksum);
    if (!file.stored.empty()) text += " " + file.stored;
    text += "\n";
  }
  return text + "end " + hexadecimal(crc32c(text)) + "\n";
}

Result<BackupIndex> BackupIndex::decode(std::string_view text) {
  if (!text.starts_with(kAnyFirstLine)) return Status::corruption("offset 0: not a backup's index");
  const std::size_t end = text.rfind("end ");
  if (!text.starts_with(std::string(kFirstLine) + "\n")) {
    return Status::unsupported("offset 0: the backup was made by a newer version");
  }
  if (end == std::string_view::npos ||
      text.substr(end) != "end " + hexadecimal(crc32c(text.substr(0, end))) + "\n") {
    return Status::corruption("offset 0: the checksum does not match");
  }
  BackupIndex index;
  std::size_t at = kFirstLine.size() + 1;
  while (at < end) {
    const std::size_t line_end = text.find('\n', at);
    const auto words = words_of(text.substr(at, line_end - at));
    bool understood = words.size() == 2;
    if (!words.empty() && (words[0] == "own" || words[0] == "shared")) {
      understood = parse_file(words, &index.files.emplace_back());
    } else if (understood && words[0] == "taken_us") {
      understood = parse(words[1], &index.taken_us);
    } else if (understood && words[0] == "last_sequence") {
      understood = parse(words[1], &index.last_sequence);
    } else if (understood && words[0] == "log_position") {
      understood = parse(words[1], &index.log_position);
    } else if (understood && words[0] == "database_id") {
      understood = parse(words[1], &index.database_id);
    } else {
      understood = false;
    }
    if (!understood) {
      return Status::corruption("offset " + std::to_string(at) + ": the line can't be understood");
    }
    at = line_end + 1;
  }
  return index;
}

uint64_t BackupIndex::bytes() const {
  uint64_t bytes = 0;
  for (const BackupFile& file : files) bytes += file.digest.bytes;
  return bytes;
}

BackupInfo BackupIndex::info(uint64_t number) const {
  BackupInfo info;
  info.number = number;
  info.taken_us = taken_us;
  info.last_sequence = last_sequence;
  info.files = files.size();
  info.bytes = bytes();
  return info;
}

std::string backup_name(uint64_t number) {
  const std::string digits = std::to_string(number);
  return digits.size() < 6 ? std::string(6 - digits.size(), '0') + digits : digits;
}

std::string backup_path(std::string_view folder, uint64_t number) {
  return join_path(folder, backup_name(number));
}

std::string stored_path(std::string_view folder, uint64_t number, const BackupFile& file) {
  if (file.stored.empty()) return join_path(backup_path(folder, number), file.name);
  return join_path(join_path(folder, kSharedFolderName), file.stored);
}

Result<BackupIndex> read_backup_index(Env& env, const std::string& folder, uint64_t number) {
  const std::string path = join_path(backup_path(folder, number), kBackupIndexName);
  ASHLAR_TRY_ASSIGN(const std::string text, read_file(env, path));
  auto index = BackupIndex::decode(text);
  if (index.ok()) return index;
  return Status(index.status().code(), path + ": " + std::string(index.status().message()));
}

Result<std::vector<uint64_t>> backup_numbers(Env& env, const std::string& folder) {
  ASHLAR_TRY_ASSIGN(const bool there, env.exists(folder));
  if (!there) return Status::not_found("there is no folder " + folder);
  ASHLAR_TRY_ASSIGN(const auto entries, env.list(folder));
  std::vector<uint64_t> numbers;
  for (const DirectoryEntry& entry : entries) {
    uint64_t number = 0;
    if (!entry.is_directory || !parse(entry.name, &number)) continue;
    if (number > 0 && entry.name == backup_name(number)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace ashlar
