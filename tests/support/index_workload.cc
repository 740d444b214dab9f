#include "support/index_workload.h"

#include <array>

namespace ashlar {
namespace {

constexpr std::array<const char*, 4> kFields = {"$.a", "$.b", "$.c.d", "$.a[0]"};

}  // namespace

std::string IndexWorkload::key() {
  static const std::array<std::string, 4> kPrefixes = {"u:", "u:x", "\xff\xff", "v"};
  return kPrefixes[random_.below(kPrefixes.size())] + std::to_string(random_.below(12));
}

std::string IndexWorkload::member() {
  switch (random_.below(8)) {
    case 0:
      return "null";
    case 1:
      return random_.one_in(2) ? "true" : "false";
    case 2:
      return "\"" + std::string(random_.below(4), static_cast<char>('a' + random_.below(3))) + "\"";
    case 3:
      return "[" + std::to_string(random_.below(3)) + "," + std::to_string(random_.below(3)) + "]";
    case 4:
      return random_.one_in(10) ? "[\"" + std::string(2000, 'l') + "\"]" : "[]";
    case 5:
      return std::to_string(random_.below(5)) + ".5";
    default:
      return std::to_string(random_.below(8));
  }
}

std::string IndexWorkload::value() {
  if (random_.one_in(10)) return "no JSON";
  if (random_.one_in(10)) return std::to_string(random_.below(100));
  std::string text = "{\"z\":" + std::to_string(random_.below(3));
  for (const char* const name : {"a", "b"}) {
    if (!random_.one_in(4)) text += std::string(",\"") + name + "\":" + member();
  }
  if (random_.one_in(2)) text += ",\"c\":{\"d\":" + member() + "}";
  if (random_.one_in(8)) text += ",\"pad\":\"" + std::string(random_.below(3000), 'p') + "\"";
  return text + "}";
}

std::pair<std::string, std::string> IndexWorkload::range() {
  if (random_.one_in(6)) return {"", ""};
  if (random_.one_in(6)) return {"u:", "u;"};
  std::string from = key();
  std::string to = key();
  if (to < from) std::swap(from, to);
  return {std::move(from), std::move(to)};
}

std::string IndexWorkload::index_name() {
  return "index " + std::to_string(random_.below(4));
}

IndexOptions IndexWorkload::index_options() {
  static const std::array<std::string, 4> kPrefixes = {"", "u:", "u:x", "\xff"};
  IndexOptions options;
  options.prefix = kPrefixes[random_.below(kPrefixes.size())];
  for (uint64_t fields = random_.between(1, 2); fields > 0; --fields) {
    IndexField field = kFields[random_.below(kFields.size())];
    field.descending = random_.one_in(3);
    options.fields.push_back(std::move(field));
  }
  options.unique = random_.one_in(4);
  options.sparse = random_.one_in(3);
  if (random_.one_in(4)) options.where = "z = 1";
  if (random_.one_in(5)) options.collation = "de";
  options.wait = random_.one_in(2);
  return options;
}

std::string problems_of(const Database& database) {
  const auto report = database.verify();
  if (!report.ok()) return report.status().to_string();
  std::string problems;
  for (const std::string& problem : report->problems) problems += problem + "\n";
  return problems;
}

}  // namespace ashlar
