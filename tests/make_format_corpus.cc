// Writes the databases that tests/format keeps as witnesses of the current format version, with
// what they hold beside them:
//
//   make_format_corpus FOLDER        makes FOLDER/none, FOLDER/none.entries, FOLDER/lz4, …
//
// Each line of an .entries file is a key and its value in hexadecimal; an empty value is "-".
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "ashlar/database.h"
#include "support/hexadecimal.h"
#include "support/recipe.h"
#include "support/sample_database.h"
#include "support/write_script.h"

namespace ashlar {
namespace {

void require(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}

// Keys and values of every shape that the format treats in a way of its own.
void write_shapes(Database& database, const std::string& prefix) {
  require(database.set(prefix + "empty", ""));
  require(database.set(prefix + std::string(60'000, 'k'), "a record wider than a page"));
  require(database.set(prefix + "inline", Recipe{1, 1023}.make()));
  require(database.set(prefix + "large", Recipe{2, 1024}.make()));
  require(database.set(prefix + "huge", Recipe{3, 1'100'000}.make()));
  require(database.set(prefix + std::string("\x00\xff\x80", 3), "bytes"));
  require(database.set(prefix + "deleted", "x"));
  require(database.del(prefix + "deleted"));
  require(database.set(prefix + "expired", "x",
                       {.durability = {}, .ttl = std::chrono::milliseconds(1)}));
  require(database.set(prefix + "expiring", "in the year 2100"));
  using namespace std::chrono;
  require(database.expire(prefix + "expiring", sys_days(year(2100) / January / 1)));
  for (int i = 0; i < 50; ++i)
    require(database.set(prefix + "range" + std::to_string(100 + i), "x"));
  require(database.del_range(prefix + "range110", prefix + "range140"));
}

void write_script(Database& database, uint64_t from, uint64_t to) {
  const WriteScript script(20260730, "script:", 1'500);
  for (uint64_t number = from; number < to; ++number) require(database.write(script.batch(number)));
}

void write_entries(const Database& database, const std::string& path) {
  std::ofstream out(path);
  const auto all = database.range("", "");
  for (const Entry& entry : all) {
    out << to_hexadecimal(entry.key) << ' '
        << (entry.value.empty() ? "-" : to_hexadecimal(entry.value)) << '\n';
  }
  require(all.status());
}

void make(const std::string& folder, Compression compression) {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.compression = compression;
  options.durability = Durability::kProcess;
  const std::string living = folder + ".living";
  auto database = Database::open(living, options);
  require(database.ok() ? Status() : database.status());
  write_shapes(**database, "settled:");
  write_script(**database, 0, 120);
  require((*database)->compact());
  write_shapes(**database, "young:");
  write_script(**database, 120, 200);
  require((*database)->flush());
  require((*database)->wait_for_background());
  write_shapes(**database, "logged:");
  write_script(**database, 200, 240);
  // As killed, so that the log is part of it.
  copy_as_killed(**database, folder);
  write_entries(**database, folder + ".entries");
  database->reset();
  std::filesystem::remove_all(living);
}

}  // namespace
}  // namespace ashlar

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fprintf(stderr, "usage: make_format_corpus FOLDER\n");
    return 2;
  }
  const std::string folder = arguments[1];
  std::filesystem::create_directories(folder);
  using ashlar::Compression;
  ashlar::make(folder + "/none", Compression::kNone);
  ashlar::make(folder + "/lz4", Compression::kLz4);
  ashlar::make(folder + "/snappy", Compression::kSnappy);
  ashlar::make(folder + "/zstd", Compression::kZstd);
  return 0;
}
