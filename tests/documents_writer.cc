// Writes documents under indexes until it is killed: what tests/documents_check compares.
//
//   documents_writer FOLDER DOCUMENTS SEED
//   documents_writer FOLDER             makes what is missing of the indexes, and waits for all
//
// DOCUMENTS keys d:00000000, … get documents of a few kinds, one after the other and again, by
// single sets, batches, transactions, changes and deletions; indexes are made, and one of them
// comes and goes. Prints "full" once every key has been written, and "indexed" once
// every index has been there.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "support/random.h"

namespace ashlar {
namespace {

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "documents_writer: %s\n", status.to_string().c_str());
  std::_Exit(1);
}

void say(const char* word) {
  std::printf("%s\n", word);
  std::fflush(stdout);
}

std::string key_of(uint64_t number) {
  char key[32];
  std::snprintf(key, sizeof key, "d:%08llu", static_cast<unsigned long long>(number));
  return key;
}

std::string random_document(uint64_t number, Random* random) {
  static const std::vector<std::string> kTags = {"new", "gold", "press", "staff", "mail", "beta"};
  std::string text = "{\"n\":" + std::to_string(number);
  text += ",\"name\":\"name " + std::to_string(random->below(20'000)) + "\"";
  if (!random->one_in(20)) text += ",\"age\":" + std::to_string(random->below(90));
  const bool unscored = random->one_in(30);
  text += ",\"score\":" + (unscored ? "null" : std::to_string(random->below(40'000)) + ".25");
  text += ",\"city\":\"city" + std::to_string(random->below(200)) + "\"";
  text += ",\"address\":{\"country\":\"country" + std::to_string(random->below(30)) + "\"}";
  text += ",\"tags\":[";
  for (uint64_t left = random->below(4); left > 0; --left) {
    text += "\"" + kTags[random->below(kTags.size())] + "\"" + (left > 1 ? "," : "");
  }
  return text + "],\"mail\":\"m" + std::to_string(number) + "@x\"}";
}

void make_indexes(Database& database) {
  const auto make = [&](const char* name, IndexOptions options) {
    const Status made = database.create_index(name, options);
    if (!made.is(StatusCode::kInvalidArgument)) must(made);  // it is there already
  };
  make("by_name", {.prefix = "d:", .fields = {"$.name"}});
  make("by_city_age", {.prefix = "d:", .fields = {"$.city", descending("$.age")}});
  make("by_score", {.prefix = "d:", .fields = {"$.score"}});
  make("by_mail", {.prefix = "d:", .fields = {"$.mail"}, .unique = true});
  make("by_tags", {.prefix = "d:", .fields = {"$.tags"}});
  make("by_country_old", {.prefix = "d:", .fields = {"$.address.country"}, .where = "age >= 60"});
}

void write_once(Database& database, uint64_t documents, Random* random) {
  const uint64_t number = random->below(documents);
  switch (random->below(12)) {
    case 0:
      return must(database.del(key_of(number)));
    case 1: {
      Batch batch;
      for (uint64_t next = number; next < documents && next < number + 20; ++next) {
        batch.set(key_of(next), random_document(next, random));
      }
      return must(database.write(batch));
    }
    case 2: {
      const Status done = database.transact([&](Transaction& tx) {
        if (Status deleted = tx.del(key_of(number)); !deleted.ok()) return deleted;
        const uint64_t other = random->below(documents);
        return tx.set(key_of(other), random_document(other, random));
      });
      if (!done.is(StatusCode::kConflict)) must(done);
      return;
    }
    case 3: {
      const auto changed = database.update_where(
          "d:", "name = \"name " + std::to_string(random->below(20'000)) + "\"",
          R"({"$inc": {"age": 1}})");
      if (!changed.status().is(StatusCode::kInvalidArgument)) must(changed.status());
      return;
    }
    case 4:
      return must(database.set(key_of(number), random->one_in(3) ? "no JSON" : "[1,2]"));
    default:
      return must(database.set(key_of(number), random_document(number, random)));
  }
}

std::unique_ptr<Database> open(const std::string& folder) {
  Options options;
  options.memory_budget = std::size_t{128} << 20;
  options.durability = Durability::kProcess;
  auto opened = Database::open(folder, options);
  must(opened.status());
  return std::move(opened).value();
}

void finish_building(const std::string& folder) {
  const auto database = open(folder);
  make_indexes(*database);
  while (true) {
    const auto indexes = database->indexes();
    must(indexes.status());
    bool building = false;
    for (const IndexInfo& info : *indexes) {
      building = building || info.state == IndexState::kBuilding;
      if (info.state == IndexState::kFailed) must(Status::corruption(info.name + " failed"));
    }
    if (!building) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

[[noreturn]] void run(const std::string& folder, uint64_t documents, uint64_t seed) {
  const auto opened = open(folder);
  Database& database = *opened;
  const std::thread filler([&] {
    Random random(seed);
    // What is missing, first.
    const auto count = database.count("d:");
    must(count.status());
    for (uint64_t first = *count; first < documents; first += 100) {
      Batch batch;
      for (uint64_t number = first; number < std::min(first + 100, documents); ++number) {
        batch.set(key_of(number), random_document(number, &random));
      }
      must(database.write(batch));
    }
    say("full");
    while (true) write_once(database, documents, &random);
  });
  const std::thread changer([&] {
    Random random(seed + 1);
    while (true) write_once(database, documents, &random);
  });
  make_indexes(database);
  say("indexed");
  while (true) {
    must(database.drop_index("by_name"));
    make_indexes(database);
  }
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  if (argc == 2) {
    ashlar::finish_building(argv[1]);
    return 0;
  }
  if (argc != 4) {
    std::fprintf(stderr, "documents_writer FOLDER [DOCUMENTS SEED]\n");
    return 2;
  }
  ashlar::run(argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
}
