#include <ashlar/database.h>

#include <nlohmann/json.hpp>
#include <string>

#include "store.h"

namespace docbench {
namespace {

constexpr const char* kPrefix = "user:";

void ok(const ashlar::Status& status) {
  if (!status.ok()) fail("ashlar: " + status.to_string());
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string number(double value) {
  return nlohmann::json(value).dump();
}

class AshlarStore : public Store {
 public:
  const char* name() const override { return "ashlar"; }

  void open(const StoreOptions& options) override {
    ashlar::Options wanted;
    wanted.memory_budget = options.cache_bytes;
    wanted.durability = options.durability == Durability::kDisk ? ashlar::Durability::kDisk
                                                                : ashlar::Durability::kProcess;
    auto opened = ashlar::Database::open(options.folder, wanted);
    ok(opened.status());
    db_ = std::move(opened).value();
  }
  void close() override { db_.reset(); }

  void set(const Document& document) override { ok(db_->set(document.key, document.json)); }
  void set_all(const Document* documents, std::size_t count) override {
    batch_.clear();
    for (std::size_t at = 0; at < count; ++at) batch_.set(documents[at].key, documents[at].json);
    ok(db_->write(batch_));
  }

  void index_name() override { create("by_name", {"name"}); }
  void index_city_age() override { create("by_city_age", {"city", "age"}); }
  void index_score() override { create("by_score", {"score"}); }

  void settle() override {
    ok(db_->flush());
    ok(db_->wait_for_background());
  }

  Answer ask(Question question, const Parameters& p) override {
    switch (question) {
      case Question::kByName:
        return find("name = " + quoted(p.text));
      case Question::kScoreRange:
        return find("score >= " + number(p.low) + " and score < " + number(p.high),
                    {.sort = {"score"}, .limit = 100});
      case Question::kCityAndAge:
        return find("city = " + quoted(p.text) + " and age = " + number(p.low));
      case Question::kBestScores:
        return find("", {.sort = {ashlar::descending("score")}, .limit = 100});
      case Question::kTopRanks:
        return find("", {.sort = {ashlar::descending("rank")}, .limit = 10});
      case Question::kCountRanks:
        return count("rank < " + number(p.low));
      case Question::kCountCountry:
        return count("address.country = " + quoted(p.text) + " and age >= " + number(p.low));
      case Question::kTagged:
        return count("tags contains " + quoted(p.text));
      case Question::kGroupCountry:
        return group();
      case Question::kDistinctCountry:
        return distinct("address.country");
      case Question::kCountCity:
        return count("city = " + quoted(p.text));
      case Question::kDistinctCity:
        return distinct("city");
      case Question::kUpdateCity:
        return update("city = " + quoted(p.text), R"({"rank": )" + number(p.low) + "}");
      case Question::kUpdateAges:
        return update("city = " + quoted(p.text), R"({"age": )" + number(p.low) + "}");
      case Question::kDeleteCity: {
        auto deleted =
            db_->delete_where(kPrefix, "city = " + quoted(p.text) + " and age < " + number(p.low));
        ok(deleted.status());
        return {*deleted, 0};
      }
    }
    return {};
  }

 private:
  void create(const char* index, std::vector<ashlar::IndexField> fields) {
    ok(db_->create_index(index, {.prefix = kPrefix, .fields = std::move(fields)}));
  }

  Answer find(const std::string& filter, const ashlar::QueryOptions& options = {}) {
    Answer answer;
    const auto found = db_->find(kPrefix, filter, options);
    for (const auto& [key, json] : found) answer.add(key, json);
    ok(found.status());
    return answer;
  }
  Answer count(const std::string& filter) {
    const auto counted = db_->count_where(kPrefix, filter);
    ok(counted.status());
    return {1, *counted};
  }
  Answer distinct(const char* field) {
    Answer answer;
    const auto values = db_->distinct(kPrefix, field);
    for (const std::string_view json : values) answer.add(json.substr(1, json.size() - 2), {});
    ok(values.status());
    return answer;
  }
  Answer group() {
    Answer answer;
    const auto groups =
        db_->group(kPrefix, {.by = {"address.country"},
                             .values = {ashlar::count("n"), ashlar::sum("score", "total"),
                                        ashlar::average("age", "mean")}});
    for (const std::string_view json : groups) {
      const auto values = nlohmann::json::parse(json);
      answer.add(values["address.country"].get<std::string>(),
                 std::to_string(values["n"].get<int64_t>()) + ' ' +
                     std::to_string(values["total"].get<double>()) + ' ' +
                     std::to_string(values["mean"].get<double>()));
    }
    ok(groups.status());
    return answer;
  }
  Answer update(const std::string& filter, const std::string& change) {
    const auto changed = db_->update_where(kPrefix, filter, change);
    ok(changed.status());
    return {*changed, 0};
  }

  std::unique_ptr<ashlar::Database> db_;
  ashlar::Batch batch_;
};

}  // namespace

std::unique_ptr<Store> make_ashlar_store() {
  return std::make_unique<AshlarStore>();
}

}  // namespace docbench
