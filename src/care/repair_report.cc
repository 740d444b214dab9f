#include <string>

#include "ashlar/repair.h"
#include "base/json_object.h"
#include "base/printable.h"

namespace ashlar {
namespace {

std::string_view name_of(LostRange::Kind kind) {
  switch (kind) {
    case LostRange::Kind::kEntries:
      return "entries";
    case LostRange::Kind::kDeletions:
      return "deletions";
    case LostRange::Kind::kValue:
      return "value";
    case LostRange::Kind::kCommits:
      return "commits";
  }
  return "";
}

std::string_view name_of(RepairReport::Manifest manifest) {
  switch (manifest) {
    case RepairReport::Manifest::kSound:
      return "sound";
    case RepairReport::Manifest::kDamaged:
      return "damaged";
    case RepairReport::Manifest::kMissing:
      return "missing";
  }
  return "";
}

std::string quoted(std::string_view key) {
  return "\"" + printable(key) + "\"";
}

std::string keys_of(const LostRange& lost) {
  const std::string from = lost.from.empty() ? "from the first key" : "from " + quoted(lost.from);
  return from + (lost.to_last_key ? " to the last key" : " to " + quoted(lost.to));
}

std::string commits_of(const LostRange& lost) {
  if (lost.first_commit == 0 && lost.last_commit == 0) return "an unknown number of commits";
  const std::string last =
      lost.last_commit == 0 ? " and all behind it" : " to " + std::to_string(lost.last_commit);
  return "commits " + (lost.first_commit == 0 ? "up" : std::to_string(lost.first_commit)) + last;
}

std::string subject_of(const LostRange& lost) {
  switch (lost.kind) {
    case LostRange::Kind::kEntries:
      return "entries with keys " + keys_of(lost);
    case LostRange::Kind::kDeletions:
      return "deletions of ranges of keys " + keys_of(lost);
    case LostRange::Kind::kValue:
      return "the value of " + quoted(lost.from);
    case LostRange::Kind::kCommits:
      return commits_of(lost) + ", of any keys";
  }
  return {};
}

template <typename Item, typename Convert>
std::string json_list(const std::vector<Item>& items, const Convert& convert) {
  std::string list;
  for (const Item& item : items) list.append(list.empty() ? "" : ",").append(convert(item));
  return "[" + list + "]";
}

}  // namespace

std::string LostRange::to_text() const {
  std::string text = "lost: " + subject_of(*this) + " (" + file + ", offset " +
                     std::to_string(offset) + ": " + reason + ")";
  if (kind == Kind::kCommits) {
    text += "; what they changed is as it was before them";
  } else if (doubtful > 0) {
    text += "; " + std::to_string(doubtful) +
            (doubtful == 1 ? " entry there may be an older value"
                           : " entries there may be older values");
  }
  return text;
}

std::string LostRange::to_json() const {
  JsonObject json;
  json.add("kind", name_of(kind));
  json.add("file", std::string_view(file));
  json.add("offset", offset);
  json.add("reason", std::string_view(reason));
  if (kind == Kind::kCommits) {
    if (first_commit != 0) json.add("first_commit", first_commit);
    if (last_commit != 0) json.add("last_commit", last_commit);
    return json.finish();
  }
  json.add("from", printable(from));
  if (!to_last_key) json.add("to", printable(to));
  json.add("doubtful", doubtful);
  return json.finish();
}

std::string RepairReport::to_text() const {
  std::string text = "The manifest was " + std::string(name_of(manifest)) + "; " +
                     std::to_string(tables) + " tables and " + std::to_string(commits) +
                     " commits of the log were read, " + std::to_string(entries) +
                     " entries saved.\n";
  for (const LostRange& each : lost) text += each.to_text() + "\n";
  if (values_lost > kMostValuesListed) {
    text +=
        "lost: the values of " + std::to_string(values_lost - kMostValuesListed) + " more keys\n";
  }
  if (left_out > 0) {
    text += "left out: " + std::to_string(left_out) + " entries that may be older values\n";
  }
  for (const std::string& note : notes) text += "note: " + note + "\n";
  if (complete()) text += "Nothing was lost.\n";
  return text;
}

std::string RepairReport::to_json() const {
  JsonObject json;
  json.add("manifest", name_of(manifest));
  json.add("tables", tables);
  json.add("commits", commits);
  json.add("entries", entries);
  json.add("values_lost", values_lost);
  json.add("left_out", left_out);
  json.add("complete", complete());
  json.raw("lost", json_list(lost, [](const LostRange& each) { return each.to_json(); }));
  json.raw("notes", json_list(notes, [](const std::string& note) { return json_quoted(note); }));
  return json.finish();
}

}  // namespace ashlar
