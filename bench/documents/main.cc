// Documents, indexes and queries: Ashlar beside SQLite, in one run, repetition by repetition, each
// answer compared. See the section on docbench in ../README.md.
//
//   docbench [--n 100000] [--reps 3] [--cache-mb 1024] [--folder /tmp/docbench] [--rowid]
//            [--only ashlar|sqlite] [--question NAME] [--no-load]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "store.h"

namespace docbench {

void fail(const std::string& message) {
  std::fprintf(stderr, "docbench: %s\n", message.c_str());
  std::exit(1);
}

namespace {

struct Settings {
  uint64_t documents = 100'000;
  int repetitions = 3;
  uint64_t cache_bytes = uint64_t{1024} << 20;
  std::string folder;
  bool rowid = false;
  bool load = true;
  std::string only_store;
  std::string only_question;
};

Settings read_settings(int argc, char** argv) {
  Settings settings;
  settings.folder =
      (std::filesystem::temp_directory_path() / ("docbench." + std::to_string(getpid()))).string();
  for (int at = 1; at < argc; ++at) {
    const std::string flag = argv[at];
    if (flag == "--rowid") {
      settings.rowid = true;
      continue;
    }
    if (flag == "--no-load") {
      settings.load = false;
      continue;
    }
    if (at + 1 == argc) fail(flag + " needs a value, or is unknown");
    const char* const value = argv[++at];
    if (flag == "--n") {
      settings.documents = std::strtoull(value, nullptr, 10);
    } else if (flag == "--reps") {
      settings.repetitions = std::atoi(value);
    } else if (flag == "--cache-mb") {
      settings.cache_bytes = std::strtoull(value, nullptr, 10) << 20;
    } else if (flag == "--folder") {
      settings.folder = value;
    } else if (flag == "--only") {
      settings.only_store = value;
    } else if (flag == "--question") {
      settings.only_question = value;
    } else {
      fail("unknown flag " + flag);
    }
  }
  return settings;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct QuestionPlan {
  Question question;
  const char* name;
  int times;  // in one repetition; the median counts
};

// Changes come last: they are the same for each store.
constexpr QuestionPlan kPlans[] = {
    {Question::kByName, "equality by index, 1 document", 2000},
    {Question::kScoreRange, "range by index, limit 100", 300},
    {Question::kCityAndAge, "compound index, equality", 300},
    {Question::kBestScores, "order from index, limit 100", 300},
    {Question::kCountCity, "count by index alone", 20},
    {Question::kDistinctCity, "distinct by index alone", 3},
    {Question::kTopRanks, "top 10, no index", 1},
    {Question::kCountRanks, "count, one comparison, no index", 1},
    {Question::kCountCountry, "count, two comparisons, no index", 1},
    {Question::kTagged, "count, element of array, no index", 1},
    {Question::kGroupCountry, "group with sum and avg, no index", 1},
    {Question::kDistinctCountry, "distinct, no index", 1},
    {Question::kUpdateCity, "update where, found by index", 2},
    {Question::kUpdateAges, "update where, changes the index", 2},
    {Question::kDeleteCity, "delete where, found by index", 2},
};

class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings), documents_(make_documents(settings.documents)) {
    for (Store* const store : {ashlar_.get(), sqlite_.get()}) {
      if (settings.only_store.empty() || settings.only_store == store->name()) {
        stores_.push_back(store);
      }
    }
    uint64_t bytes = 0;
    for (const Document& document : documents_) bytes += document.json.size();
    std::printf("%llu documents of %.0f bytes, %d repetitions, cache %llu MiB, sqlite %s\n",
                static_cast<unsigned long long>(settings.documents),
                static_cast<double>(bytes) / static_cast<double>(documents_.size()),
                settings.repetitions, static_cast<unsigned long long>(settings.cache_bytes >> 20),
                settings.rowid ? "with rowid" : "without rowid");
  }
  ~Bench() { std::filesystem::remove_all(settings_.folder); }

  void run() {
    std::printf("%-42s %22s %22s %7s\n", "", "ashlar", "sqlite", "ratio");
    if (settings_.load) {
      const uint64_t all = documents_.size();
      const uint64_t synced = std::min<uint64_t>(all, 2000);
      load("set, plain", Durability::kProcess, 1, false, all);
      load("set, two indexes", Durability::kProcess, 1, true, all);
      load("batches of 1000, plain", Durability::kProcess, 1000, false, all);
      load("batches of 1000, two indexes", Durability::kProcess, 1000, true, all);
      load("set, plain, on disk", Durability::kDisk, 1, false, synced);
      load("set, two indexes, on disk", Durability::kDisk, 1, true, synced);
      load("batches of 1000, two indexes, on disk", Durability::kDisk, 1000, true, all);
    }
    prepare();
    for (const QuestionPlan& plan : kPlans) {
      if (settings_.only_question.empty() ||
          std::string(plan.name).find(settings_.only_question) != std::string::npos) {
        ask(plan);
      }
    }
    for (Store* const store : stores_) store->close();
  }

 private:
  void open_empty(Store* store, Durability durability) {
    StoreOptions options;
    options.folder = settings_.folder + '/' + store->name();
    options.durability = durability;
    options.cache_bytes = settings_.cache_bytes;
    options.rowid = settings_.rowid;
    std::filesystem::remove_all(options.folder);
    std::filesystem::create_directories(settings_.folder);
    store->open(options);
  }

  void fill(Store* store, std::size_t batch, uint64_t count) {
    for (uint64_t at = 0; at < count; at += batch) {
      if (batch == 1) {
        store->set(documents_[at]);
      } else {
        store->set_all(&documents_[at], std::min<uint64_t>(batch, count - at));
      }
    }
  }

  // The stores take turns, and change places with each repetition.
  void each_store(int repetition, const std::function<void(Store*)>& work) {
    for (std::size_t at = 0; at < stores_.size(); ++at) {
      work(stores_[(at + static_cast<std::size_t>(repetition)) % stores_.size()]);
    }
  }

  void load(const char* what, Durability durability, std::size_t batch, bool indexed,
            uint64_t count) {
    if (std::string(what).find(settings_.only_question) == std::string::npos) return;
    std::map<Store*, std::vector<double>> times;
    for (int repetition = 0; repetition < settings_.repetitions; ++repetition) {
      each_store(repetition, [&](Store* store) {
        open_empty(store, durability);
        if (indexed) {
          store->index_name();
          store->index_city_age();
        }
        times[store].push_back(seconds_of([&] { fill(store, batch, count); }) * 1e6 /
                               static_cast<double>(count));
        check_load(store, count);
        store->close();
      });
    }
    print(what, times, "us");
  }

  // The last document is there, and in no other form.
  void check_load(Store* store, uint64_t count) {
    Answer expected;
    expected.add(documents_[count - 1].key, documents_[count - 1].json);
    if (store->ask(Question::kByName, {name_of(count - 1)}) != expected) {
      fail(std::string(store->name()) + " lost a document");
    }
  }

  void prepare() {
    std::map<Store*, std::vector<double>> times;
    each_store(0, [&](Store* store) {
      open_empty(store, Durability::kProcess);
      fill(store, 1000, documents_.size());
      times[store].push_back(seconds_of([&] {
                               store->index_name();
                               store->index_city_age();
                               store->index_score();
                             }) *
                             1e3);
      store->settle();
    });
    print("three indexes over existing documents", times, "ms");
  }

  Parameters parameters(Question question, std::mt19937_64* random) const {
    Parameters p;
    const uint64_t count = documents_.size();
    const auto number = static_cast<double>((*random)() % count);
    switch (question) {
      case Question::kByName:
        p.text = name_of((*random)() % count);
        break;
      case Question::kScoreRange:
        p.low = number * kScoreStep;
        p.high = p.low + static_cast<double>(count) * kScoreStep / 100;
        break;
      case Question::kCountRanks:
        p.low = number;
        break;
      case Question::kCountCountry:
        p.text = "country07";
        p.low = kLeastAge + kAges / 2;
        break;
      case Question::kTagged:
        p.text = "gold";
        break;
      case Question::kDeleteCity:
        p.text = city_of((*random)());
        p.low = kLeastAge + kAges / 4;
        break;
      default:
        p.text = city_of((*random)());
        p.low = static_cast<double>(kLeastAge + (*random)() % kAges);
    }
    return p;
  }

  void ask(const QuestionPlan& plan) {
    std::map<Store*, std::vector<double>> times;
    for (int repetition = 0; repetition < settings_.repetitions; ++repetition) {
      std::vector<std::vector<Answer>> answers;
      each_store(repetition, [&](Store* store) {
        std::mt19937_64 random(static_cast<uint64_t>(repetition) + 1);
        std::vector<double> each;
        auto& given = answers.emplace_back();
        for (int time = 0; time < plan.times; ++time) {
          const Parameters p = parameters(plan.question, &random);
          each.push_back(seconds_of([&] { given.push_back(store->ask(plan.question, p)); }) * 1e6);
        }
        times[store].push_back(median(each));
      });
      if (answers.front() != answers.back()) fail(std::string(plan.name) + ": answers differ");
      check_not_empty(plan, answers.front());
    }
    print(plan.name, times, "us");
  }

  static void check_not_empty(const QuestionPlan& plan, const std::vector<Answer>& answers) {
    uint64_t rows = 0;
    for (const Answer& answer : answers) rows += answer.rows;
    if (rows == 0) fail(std::string(plan.name) + ": no rows at all");
  }

  void print(const char* what, const std::map<Store*, std::vector<double>>& times,
             const char* unit) const {
    std::printf("%-42s", what);
    std::vector<double> medians;
    for (Store* const store : {ashlar_.get(), sqlite_.get()}) {
      const auto found = times.find(store);
      if (found == times.end()) {
        std::printf(" %22s", "-");
        continue;
      }
      const auto [least, most] = std::minmax_element(found->second.begin(), found->second.end());
      medians.push_back(median(found->second));
      char cell[80];
      std::snprintf(cell, sizeof cell, "%.4g (%.3g-%.3g) %s", medians.back(), *least, *most, unit);
      std::printf(" %22s", cell);
    }
    if (medians.size() == 2) std::printf(" %6.2fx", medians[1] / medians[0]);
    std::printf("\n");
    std::fflush(stdout);
  }

  const Settings settings_;
  const std::vector<Document> documents_;
  const std::unique_ptr<Store> ashlar_ = make_ashlar_store();
  const std::unique_ptr<Store> sqlite_ = make_sqlite_store();
  std::vector<Store*> stores_;
};

}  // namespace
}  // namespace docbench

int main(int argc, char** argv) {
  docbench::Bench(docbench::read_settings(argc, argv)).run();
}
