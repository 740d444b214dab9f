#include "version/file_names.h"

#include <charconv>

namespace ashlar {
namespace {

constexpr std::string_view kManifestPrefix = "MANIFEST-";
constexpr std::size_t kDigits = 6;

std::string padded(uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits;
}

}  // namespace

std::string file_name(FileType type, uint64_t number) {
  switch (type) {
    case FileType::kManifest:
      return std::string(kManifestPrefix) + padded(number);
    case FileType::kLog:
      return padded(number) + ".log";
    case FileType::kTable:
      return padded(number) + ".table";
    case FileType::kValues:
      return padded(number) + ".values";
    case FileType::kSort:
      return padded(number) + ".sort";
  }
  return {};
}

std::optional<FileName> parse_file_name(std::string_view name) {
  std::string_view digits = name;
  FileType type = FileType::kManifest;
  if (name.starts_with(kManifestPrefix)) {
    digits.remove_prefix(kManifestPrefix.size());
  } else {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    digits = name.substr(0, dot);
    const std::string_view extension = name.substr(dot);
    if (extension == ".log") {
      type = FileType::kLog;
    } else if (extension == ".table") {
      type = FileType::kTable;
    } else if (extension == ".values") {
      type = FileType::kValues;
    } else if (extension == ".sort") {
      type = FileType::kSort;
    } else {
      return std::nullopt;
    }
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (name != file_name(type, number)) return std::nullopt;
  return FileName{type, number};
}

}  // namespace ashlar
