#include "package_loader.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "ashlar/batch.h"
#include "console.h"
#include "debian_index.h"

namespace ashlar::examples {
namespace {

constexpr std::string_view kPrefix = "pkg:";
// Documents for each batch: enough to make the cost of a commit vanish.
constexpr std::size_t kBatchDocuments = 200;

// A process that is killed during the load loses nothing acknowledged; sync() at the end makes all
// of it safe from power loss with one wait instead of hundreds.
const WriteOptions kUntilSync = {.durability = Durability::kProcess};

using Names = std::unordered_set<std::string>;

void remove_vanished(Database& db, const Names& loaded, LoadReport* report) {
  Batch batch;
  auto keys = db.keys(kPrefix);
  for (const std::string_view key : keys) {
    if (loaded.contains(std::string(key.substr(kPrefix.size())))) continue;
    batch.del(key);
    ++report->removed;
  }
  require(keys.status(), "listing the packages");
  require(db.write(batch, kUntilSync), "removing packages that are gone");
}

}  // namespace

LoadReport load_packages(Database& db, const std::string& index) {
  std::ifstream in(index, std::ios::binary);
  std::error_code error;
  const uint64_t total = std::filesystem::file_size(index, error);
  if (!in || error) give_up("reading " + index, "it cannot be opened");

  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  LoadReport report;
  Names loaded;
  Batch batch;
  DebianIndexReader reader(in);
  ProgressBar bar(total);
  while (const auto package = reader.next()) {
    const std::string key = std::string(kPrefix) + package->name;
    batch.set(key, package->document);
    report.bytes += key.size() + package->document.size();
    loaded.insert(package->name);
    if (batch.size() < kBatchDocuments) continue;
    require(db.write(batch, kUntilSync), "storing packages");
    batch.clear();
    bar.show(reader.bytes_read(), with_commas(loaded.size()) + " packages");
  }
  require(db.write(batch, kUntilSync), "storing packages");
  remove_vanished(db, loaded, &report);
  require(db.sync(), "waiting for stable storage");
  bar.clear();
  report.packages = loaded.size();
  report.seconds = seconds();
  return report;
}

}  // namespace ashlar::examples
