#include "support/history_checker.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

namespace ashlar {
namespace {

using Kind = ObservedOperation::Kind;
using Node = uint32_t;

enum class Dependency : unsigned char {
  kWriteWrite,
  kWriteRead,
  kReadWrite,  // an anti-dependency: the one read what the other replaced
  kTime,       // the one had ended before the other began
};

struct Edge {
  Node to = 0;
  Dependency kind = Dependency::kTime;
  uint32_t key = 0;
  uint64_t value = 0;
};

// Somebody saw this version of a key, which other transactions had written.
struct Sight {
  Node reader = 0;
  uint64_t version = 0;  // 0: nothing had been written yet
};

struct Write {
  Node writer = 0;
  uint64_t value = 0;
  uint64_t previous = 0;  // of single values
};

// What happened to one key.
struct KeyHistory {
  std::vector<Sight> sights;
  std::vector<Write> writes;  // committed
  std::vector<uint64_t> longest;
  Node longest_reader = 0;
  bool is_list = false;
  std::vector<uint64_t> order;  // of the versions, the oldest first
  std::unordered_map<uint64_t, Node> writer_of;
  std::unordered_map<uint64_t, Node> aborted_writer_of;
};

std::string name_of(Node transaction) {
  return "T" + std::to_string(transaction);
}

std::string text_of(const std::vector<uint64_t>& list) {
  std::string text = "[";
  for (const uint64_t value : list) {
    text += (text.size() > 1 ? " " : "") + std::to_string(value);
  }
  return text + "]";
}

bool is_prefix(const std::vector<uint64_t>& shorter, const std::vector<uint64_t>& longer) {
  return shorter.size() <= longer.size() &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

// Nodes are the transactions, by their number in the history, and behind them one node for each
// end of a transaction, which carry the order of time with few edges.
class Graph {
 public:
  explicit Graph(std::size_t transactions) : transactions_(transactions), edges_(transactions) {}

  void add(Node from, Edge edge) {
    if (from != edge.to) edges_[from].push_back(edge);
  }
  bool is_transaction(Node node) const { return node < transactions_; }

  void add_time(const std::vector<ObservedTransaction>& history) {
    std::vector<std::pair<uint64_t, Node>> ends;
    for (Node node = 0; node < history.size(); ++node) {
      if (history[node].committed) ends.emplace_back(history[node].end_ns, node);
    }
    std::sort(ends.begin(), ends.end());
    const Node first = static_cast<Node>(edges_.size());
    edges_.resize(edges_.size() + ends.size());
    for (Node i = 0; i < ends.size(); ++i) {
      add(ends[i].second, {first + i});
      if (i + 1 < ends.size()) add(first + i, {first + i + 1});
    }
    for (Node node = 0; node < history.size(); ++node) {
      if (!history[node].committed) continue;
      const auto ended = std::lower_bound(ends.begin(), ends.end(),
                                          std::make_pair(history[node].begin_ns, Node{0}));
      if (ended != ends.begin()) {
        add(first + static_cast<Node>(ended - ends.begin()) - 1, {node});
      }
    }
  }

  // A cycle as nodes and the edges that leave them; empty if there is none. Short ones are looked
  // for first.
  std::vector<std::pair<Node, Edge>> find_cycle() {
    find_components();
    std::vector<std::pair<Node, Edge>> shortest;
    std::size_t tries = 0;
    for (Node node = 0; node < transactions_ && tries < kCycleSearches; ++node) {
      if (component_size_[component_[node]] < 2) continue;
      ++tries;
      auto cycle = shortest_cycle_through(node);
      if (shortest.empty() || cycle.size() < shortest.size()) shortest = std::move(cycle);
    }
    return shortest;
  }

 private:
  static constexpr std::size_t kCycleSearches = 300;

  // Tarjan's strongly connected components, with a stack of its own.
  void find_components() {
    const std::size_t count = edges_.size();
    component_.assign(count, kNone);
    std::vector<Node> index(count, kNone), low(count, 0), open;
    std::vector<std::pair<Node, std::size_t>> path;  // node, next edge to follow
    Node next_index = 0;
    const auto enter = [&](Node node) {
      index[node] = low[node] = next_index++;
      open.push_back(node);
      path.emplace_back(node, 0);
    };
    for (Node root = 0; root < count; ++root) {
      if (index[root] != kNone) continue;
      enter(root);
      while (!path.empty()) {
        const Node node = path.back().first;
        if (path.back().second < edges_[node].size()) {
          const Node to = edges_[node][path.back().second++].to;
          if (index[to] == kNone) {
            enter(to);
          } else if (component_[to] == kNone) {
            low[node] = std::min(low[node], index[to]);
          }
          continue;
        }
        path.pop_back();
        if (!path.empty()) low[path.back().first] = std::min(low[path.back().first], low[node]);
        if (low[node] == index[node]) close_component(node, &open);
      }
    }
  }

  void close_component(Node root, std::vector<Node>* open) {
    const Node number = static_cast<Node>(component_size_.size());
    component_size_.push_back(0);
    Node node = kNone;
    do {
      node = open->back();
      open->pop_back();
      component_[node] = number;
      ++component_size_[number];
    } while (node != root);
  }

  std::vector<std::pair<Node, Edge>> shortest_cycle_through(Node start) const {
    std::unordered_map<Node, std::pair<Node, Edge>> came_from;
    std::deque<Node> queue{start};
    while (!queue.empty() && !came_from.contains(start)) {
      const Node node = queue.front();
      queue.pop_front();
      for (const Edge& edge : edges_[node]) {
        if (component_[edge.to] != component_[start]) continue;
        if (came_from.try_emplace(edge.to, node, edge).second) queue.push_back(edge.to);
      }
    }
    std::vector<std::pair<Node, Edge>> cycle;
    Node node = start;
    do {
      cycle.push_back(came_from.at(node));
      node = cycle.back().first;
    } while (node != start);
    std::reverse(cycle.begin(), cycle.end());
    return cycle;
  }

  static constexpr Node kNone = UINT32_MAX;
  const std::size_t transactions_;
  std::vector<std::vector<Edge>> edges_;
  std::vector<Node> component_;
  std::vector<std::size_t> component_size_;
};

class Checker {
 public:
  explicit Checker(const std::vector<ObservedTransaction>& history)
      : history_(history), graph_(history.size()) {}

  std::optional<Anomaly> run() {
    for (Node node = 0; node < history_.size() && !anomaly_; ++node) read_transaction(node);
    for (auto it = keys_.begin(); it != keys_.end() && !anomaly_; ++it) {
      if (it->second.is_list) {
        order_list(it->first, &it->second);
      } else {
        order_values(it->first, &it->second);
      }
      if (!anomaly_) add_dependencies(it->first, it->second);
    }
    if (anomaly_) return anomaly_;
    graph_.add_time(history_);
    describe_cycle(graph_.find_cycle());
    return anomaly_;
  }

 private:
  void report(std::string name, std::string description) {
    if (!anomaly_) anomaly_ = Anomaly{std::move(name), std::move(description)};
  }

  static std::string place(Node node, uint32_t key) {
    return name_of(node) + ", key " + std::to_string(key) + ": ";
  }

  void read_transaction(Node node) {
    const ObservedTransaction& transaction = history_[node];
    std::map<uint32_t, std::vector<uint64_t>> own;  // what it has written to each key
    for (const ObservedOperation& operation : transaction.operations) {
      KeyHistory& key = keys_[operation.key];
      switch (operation.kind) {
        case Kind::kAppend:
        case Kind::kWrite:
          note_write(node, operation, &key);
          own[operation.key].push_back(operation.value);
          break;
        case Kind::kReadList:
          if (transaction.committed) note_list(node, operation, own[operation.key], &key);
          break;
        case Kind::kRead:
          if (transaction.committed) note_value(node, operation, own[operation.key], &key);
          break;
      }
    }
  }

  void note_write(Node node, const ObservedOperation& operation, KeyHistory* key) {
    key->is_list = operation.kind == Kind::kAppend;
    if (!history_[node].committed) {
      key->aborted_writer_of.emplace(operation.value, node);
      return;
    }
    const auto [other, fresh] = key->writer_of.emplace(operation.value, node);
    if (!fresh) {
      report("lost update", place(node, operation.key) + name_of(other->second) +
                                " has written the same value " + std::to_string(operation.value));
    }
    key->writes.push_back({node, operation.value, operation.previous});
  }

  void note_list(Node node, const ObservedOperation& operation, const std::vector<uint64_t>& own,
                 KeyHistory* key) {
    key->is_list = true;
    std::vector<uint64_t> foreign = operation.list;
    const bool sees_own =
        foreign.size() >= own.size() && std::equal(own.rbegin(), own.rend(), foreign.rbegin());
    if (!sees_own) {
      return report("internal", place(node, operation.key) + "read " + text_of(foreign) +
                                    " after appending " + text_of(own));
    }
    foreign.resize(foreign.size() - own.size());
    key->sights.push_back({node, foreign.empty() ? 0 : foreign.back()});
    const bool longer = foreign.size() > key->longest.size();
    const std::vector<uint64_t>& shorter = longer ? key->longest : foreign;
    if (!is_prefix(shorter, longer ? foreign : key->longest)) {
      return report("incompatible order", place(node, operation.key) + "read " + text_of(foreign) +
                                              ", but " + name_of(key->longest_reader) + " " +
                                              text_of(key->longest));
    }
    if (!longer) return;
    key->longest = std::move(foreign);
    key->longest_reader = node;
  }

  void note_value(Node node, const ObservedOperation& operation, const std::vector<uint64_t>& own,
                  KeyHistory* key) {
    if (own.empty()) {
      key->sights.push_back({node, operation.value});
    } else if (own.back() != operation.value) {
      report("internal", place(node, operation.key) + "read " + std::to_string(operation.value) +
                             " after writing " + std::to_string(own.back()));
    }
  }

  void order_list(uint32_t number, KeyHistory* key) {
    key->order = key->longest;
    std::vector<uint64_t> sorted = key->order;
    std::sort(sorted.begin(), sorted.end());
    for (const uint64_t value : sorted) check_written(number, *key, key->longest_reader, value);
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      report("incompatible order",
             place(key->longest_reader, number) + "read a value twice in " + text_of(key->longest));
    }
    for (const Write& write : key->writes) {
      if (!std::binary_search(sorted.begin(), sorted.end(), write.value)) {
        report("lost update", place(write.writer, number) + "appended " +
                                  std::to_string(write.value) + ", which is not in " +
                                  text_of(key->longest));
      }
    }
  }

  void order_values(uint32_t number, KeyHistory* key) {
    std::unordered_map<uint64_t, const Write*> successor;
    for (const Write& write : key->writes) {
      const auto [other, fresh] = successor.emplace(write.previous, &write);
      if (!fresh) {
        report("lost update", place(write.writer, number) + "replaced " +
                                  std::to_string(write.previous) + ", as did " +
                                  name_of(other->second->writer));
      }
      if (write.previous != 0) check_written(number, *key, write.writer, write.previous);
    }
    for (const Sight& sight : key->sights) {
      if (sight.version != 0) check_written(number, *key, sight.reader, sight.version);
    }
    for (auto it = successor.find(0); it != successor.end();
         it = successor.find(key->order.back())) {
      key->order.push_back(it->second->value);
      if (key->order.size() == key->writes.size()) break;
    }
    if (!anomaly_ && key->order.size() < key->writes.size()) {
      report("incompatible order", "key " + std::to_string(number) +
                                       ": the values that replaced each other form a cycle");
    }
  }

  // The value was written, and by a committed transaction.
  void check_written(uint32_t number, const KeyHistory& key, Node reader, uint64_t value) {
    if (key.writer_of.contains(value)) return;
    const auto aborted = key.aborted_writer_of.find(value);
    const std::string seen = place(reader, number) + "saw " + std::to_string(value);
    if (aborted == key.aborted_writer_of.end()) return report("garbage", seen);
    report("G1a", seen + " of " + name_of(aborted->second) + ", which did not commit");
  }

  void add_dependencies(uint32_t number, const KeyHistory& key) {
    std::unordered_map<uint64_t, std::size_t> behind{{0, 0}};  // version to its successor's place
    for (std::size_t i = 0; i < key.order.size(); ++i) behind.emplace(key.order[i], i + 1);
    const auto writer_at = [&](std::size_t i) { return key.writer_of.at(key.order[i]); };
    for (std::size_t i = 0; i + 1 < key.order.size(); ++i) {
      graph_.add(writer_at(i),
                 {writer_at(i + 1), Dependency::kWriteWrite, number, key.order[i + 1]});
    }
    for (const Sight& sight : key.sights) {
      const std::size_t next = behind.at(sight.version);
      if (sight.version != 0) {
        graph_.add(writer_at(next - 1),
                   {sight.reader, Dependency::kWriteRead, number, sight.version});
      }
      if (next == key.order.size()) continue;
      if (sight.version != 0 && writer_at(next) == writer_at(next - 1) &&
          writer_at(next) != sight.reader) {
        report("G1b", place(sight.reader, number) + "saw " + std::to_string(sight.version) +
                          ", which " + name_of(writer_at(next)) + " itself replaced by " +
                          std::to_string(key.order[next]));
      }
      graph_.add(sight.reader, {writer_at(next), Dependency::kReadWrite, number, key.order[next]});
    }
  }

  void describe_cycle(const std::vector<std::pair<Node, Edge>>& cycle) {
    if (cycle.empty()) return;
    std::size_t anti = 0, reads = 0, times = 0;
    std::string text;
    for (const auto& [from, edge] : cycle) {
      anti += edge.kind == Dependency::kReadWrite;
      reads += edge.kind == Dependency::kWriteRead;
      times += edge.kind == Dependency::kTime;
      if (graph_.is_transaction(from)) text += name_of(from) + explain(edge);
    }
    std::string name = anti > 1 ? "G2" : anti == 1 ? "G-single" : reads > 0 ? "G1c" : "G0";
    if (times > 0) name += "-realtime";
    report(std::move(name), "each before the next, and the last before the first:\n" + text);
  }

  static std::string explain(const Edge& edge) {
    const std::string what =
        std::to_string(edge.value) + " of key " + std::to_string(edge.key) + "\n";
    switch (edge.kind) {
      case Dependency::kWriteWrite:
        return " wrote before " + name_of(edge.to) + " wrote " + what;
      case Dependency::kWriteRead:
        return " wrote, for " + name_of(edge.to) + " to see, " + what;
      case Dependency::kReadWrite:
        return " did not see what " + name_of(edge.to) + " wrote, " + what;
      case Dependency::kTime:
        return " had ended when the next began\n";
    }
    return {};
  }

  const std::vector<ObservedTransaction>& history_;
  std::map<uint32_t, KeyHistory> keys_;
  Graph graph_;
  std::optional<Anomaly> anomaly_;
};

}  // namespace

std::optional<Anomaly> find_anomaly(const std::vector<ObservedTransaction>& history) {
  return Checker(history).run();
}

}  // namespace ashlar
