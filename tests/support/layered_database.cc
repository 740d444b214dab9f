#include "support/layered_database.h"

#include <gtest/gtest.h>

#include "env/new_folder.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/recipe.h"

namespace ashlar {
namespace {

constexpr uint64_t kKeys = 3000;

std::string key_of(uint64_t i) {
  return "key" + std::to_string(10'000 + i);
}

class LayeredWriter {
 public:
  LayeredWriter(Database& database, uint64_t seed) : database_(database), random_(seed) {}

  // Every key once, in one settled tier.
  void fill() {
    for (uint64_t i = 0; i < kKeys; ++i) set(key_of(i));
    EXPECT_OK(database_.compact());
  }
  void change(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string key = key_of(random_.below(kKeys));
      if (random_.one_in(60)) {
        const std::string end = key_of(random_.below(kKeys) + 1);
        if (end <= key) continue;
        const std::string to = std::min(end, key + "~");
        EXPECT_OK(database_.del_range(key, to));
        contents_.erase(contents_.lower_bound(key), contents_.lower_bound(to));
      } else if (random_.one_in(4)) {
        EXPECT_OK(database_.del(key));
        contents_.erase(key);
      } else {
        set(key);
      }
    }
  }
  Contents take() { return std::move(contents_); }

 private:
  void set(const std::string& key) {
    const auto bytes = static_cast<uint32_t>(random_.one_in(20) ? random_.between(1500, 9000)
                                                                : random_.below(300));
    const std::string value = Recipe{random_.next(), bytes}.make();
    EXPECT_OK(database_.set(key, value));
    contents_[key] = value;
  }

  Database& database_;
  Random random_;
  Contents contents_;
};

}  // namespace

Options layered_options(SimEnv& sim, Compression compression) {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = Durability::kProcess;
  options.compression = compression;
  options.env = &sim;
  return options;
}

Contents make_layered_database(SimEnv& sim, const std::string& folder, Compression compression,
                               uint64_t seed) {
  const std::string living = folder + ".living";
  auto opened = Database::open(living, layered_options(sim, compression));
  EXPECT_OK(opened);
  if (!opened.ok()) return {};
  Database& database = **opened;
  LayeredWriter writer(database, seed);
  writer.fill();
  for (int round = 0; round < 2; ++round) {
    writer.change(400);
    EXPECT_OK(database.flush());
  }
  writer.change(300);
  EXPECT_OK(database.sync());
  // The frames of these tell that those before them were on stable storage.
  writer.change(50);
  EXPECT_OK(database.sync());
  EXPECT_OK(sim.create_folder(folder));
  for (const std::string& path : sim.files_below(living)) {
    EXPECT_OK(sim.copy(path, folder + path.substr(path.rfind('/'))));
  }
  opened->reset();
  EXPECT_OK(remove_tree(sim, living));
  return writer.take();
}

Contents contents_of(const Database& database) {
  Contents contents;
  const auto all = database.range("", "");
  for (const Entry& entry : all) contents.emplace(entry.key, entry.value);
  EXPECT_OK(all.status());
  return contents;
}

Contents open_and_read(SimEnv& sim, const std::string& folder) {
  Options options = layered_options(sim);
  options.create_if_missing = false;
  const auto opened = Database::open(folder, options);
  EXPECT_OK(opened);
  if (!opened.ok()) return {};
  Contents contents = contents_of(**opened);
  for (const auto& [key, value] : contents) EXPECT_EQ((*opened)->get(key).value_or(""), value);
  const auto report = (*opened)->verify();
  EXPECT_OK(report);
  EXPECT_TRUE(!report.ok() || report->problems.empty()) << report->problems.front();
  return contents;
}

std::map<std::string, std::string> bytes_below(SimEnv& sim, const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const std::string& path : sim.files_below(folder)) {
    files[path] = sim.contents(path).value_or("");
  }
  return files;
}

}  // namespace ashlar
