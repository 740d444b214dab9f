#include "tools/inspection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/try.h"
#include "table/table_description.h"
#include "table/table_format.h"
#include "tools/log_inspection.h"
#include "tools/manifest_inspection.h"
#include "tools/text.h"
#include "tools/units.h"
#include "version/current_file.h"
#include "version/file_names.h"

namespace ashlar::tools {

namespace {

constexpr std::size_t kShownBytes = 64;

std::string base_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Status inspect_current(Env& env, const std::string& path, const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(const std::string bytes, read_file(env, path));
  ASHLAR_TRY_ASSIGN(const uint64_t number, parse_current(bytes));
  print(fmt::format("the manifest in force is {}", file_name(FileType::kManifest, number)));
  return {};
}

Status inspect_lock(Env& env, const std::string& path, const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(std::string bytes, read_file(env, path));
  while (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
  print(fmt::format("last locked by process {}", escape(bytes)));
  return {};
}

// The header's first fields, which say what the file is, and then the rest of the table.
Status inspect_table(Env& env, const std::string& path, const InspectionOptions& options,
                     const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(const auto file, env.open_file(path, {}));
  std::string page(kPageBytes, '\0');
  ASHLAR_TRY(file->read(0, page.data(), page.size()));
  ASHLAR_TRY_ASSIGN(const TableHeader header, decode_table_header(page.data(), path));
  print(fmt::format("magic 0x{:04X}, version {}, number of entries {}, index offset {}",
                    kTableMagic, kTableVersion, header.entry_count, header.index_offset));
  return describe_table(env, path, options.entries, print);
}

std::string role_of(std::string_view name) {
  if (name == kCurrentFileName) return "names the manifest in force";
  if (name == kLockFileName) return "held by the process that writes";
  if (name == kRingFileName) return "the last bytes of the log, mapped into memory";
  const auto parsed = parse_file_name(name);
  if (!parsed) return "not a file of Ashlar";
  switch (parsed->type) {
    case FileType::kManifest:
      return "which files make up the database";
    case FileType::kLog:
      return "a segment of the write-ahead log";
    case FileType::kTable:
      return "a sorted string table";
    case FileType::kValues:
      return "large values";
    case FileType::kSort:
      return "a query's temporary file";
  }
  return {};
}

}  // namespace

std::string quoted_bytes(std::string_view bytes, bool whole) {
  const bool cut = !whole && bytes.size() > kShownBytes;
  return fmt::format("\"{}\"{}", escape(cut ? bytes.substr(0, kShownBytes) : bytes),
                     cut ? "…" : "");
}

std::string moment_text(uint64_t microseconds) {
  // Years of five digits are damage, or a clock gone mad; the number says more than a date.
  constexpr uint64_t kEndOf9999 = 253402300800'000'000;
  if (microseconds >= kEndOf9999) return fmt::format("{}us", microseconds);
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), microseconds % 1'000'000);
}

Status inspect_file(Env& env, const std::string& path, const InspectionOptions& options,
                    const PrintLine& print) {
  const std::string name = base_name(path);
  if (name == kCurrentFileName) return inspect_current(env, path, print);
  if (name == kLockFileName) return inspect_lock(env, path, print);
  if (name == kRingFileName) {
    return inspect_ring(env, std::string(parent_folder(path)), options, print);
  }
  const auto parsed = parse_file_name(name);
  if (!parsed) {
    return Status::invalid_argument(fmt::format(
        "{}: not a name that Ashlar gives: CURRENT, LOCK, log.ring, MANIFEST-000007, 000012.log, "
        "000034.table, 000035.values",
        path));
  }
  switch (parsed->type) {
    case FileType::kManifest:
      return inspect_manifest(env, path, parsed->number, print);
    case FileType::kLog:
      return inspect_segment(env, path, options, print);
    case FileType::kTable:
      return inspect_table(env, path, options, print);
    case FileType::kValues:
      return describe_value_file(env, path, print);
    case FileType::kSort:
      return Status::invalid_argument(path + ": a query's temporary file, which only it can read");
  }
  return {};
}

Status inspect_folder(Env& env, const std::string& folder, const PrintLine& print) {
  ASHLAR_TRY_ASSIGN(auto entries, env.list(folder));
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  for (const DirectoryEntry& entry : entries) {
    if (entry.is_directory) continue;
    std::error_code gone;
    const auto bytes = std::filesystem::file_size(join_path(folder, entry.name), gone);
    if (gone) continue;
    print(fmt::format("{:<20}{:>12}  {}", escape(entry.name), human_bytes(bytes),
                      role_of(entry.name)));
  }
  return {};
}

}  // namespace ashlar::tools
