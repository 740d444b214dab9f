#include "debian_index.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar::examples {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 11> kListFields = {
    "depends",  "pre_depends", "recommends", "suggests",    "enhances", "breaks",
    "replaces", "conflicts",   "provides",   "built_using", "tag"};
constexpr std::array<std::string_view, 2> kNumberFields = {"installed_size", "size"};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string json_name(std::string_view field) {
  std::string name(field);
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

Json list_of(std::string_view text) {
  Json list = Json::array();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = trimmed(text.substr(0, comma));
    if (!item.empty()) list.push_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return list;
}

Json json_value(std::string_view name, std::string_view text) {
  if (std::ranges::find(kListFields, name) != kListFields.end()) return list_of(text);
  if (std::ranges::find(kNumberFields, name) != kNumberFields.end()) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return text;
}

// In a continuation line the first character only marks it, and a lone dot stands for an empty
// line.
std::string_view continued(std::string_view line) {
  line.remove_prefix(1);
  return line == "." ? std::string_view() : line;
}

// One stanza's fields as they are read; the last one may still be continued.
using Fields = std::vector<std::pair<std::string, std::string>>;

void add_line(std::string_view line, Fields* fields) {
  if (line.front() == ' ' || line.front() == '\t') {
    if (!fields->empty()) fields->back().second.append("\n").append(continued(line));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return;
  fields->emplace_back(json_name(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

std::optional<DebianPackage> package_of(const Fields& fields) {
  Json document = Json::object();
  for (const auto& [name, text] : fields) document[name] = json_value(name, text);
  const auto name = document.find("package");
  if (name == document.end() || name->get_ref<const std::string&>().empty()) return std::nullopt;
  // Old packages carry a few names in Latin-1; JSON is UTF-8.
  return DebianPackage{name->get<std::string>(),
                       document.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

bool DebianIndexReader::next_line() {
  if (!std::getline(in_, line_)) return false;
  bytes_read_ += line_.size() + (in_.eof() ? 0 : 1);
  return true;
}

std::optional<DebianPackage> DebianIndexReader::next() {
  Fields fields;
  while (next_line()) {
    if (!trimmed(line_).empty()) {
      add_line(line_, &fields);
      continue;
    }
    if (auto package = package_of(fields)) return package;
    fields.clear();
  }
  return package_of(fields);
}

}  // namespace ashlar::examples
