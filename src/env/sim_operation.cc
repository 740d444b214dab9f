#include "env/sim_operation.h"

namespace ashlar {
namespace {

const char* name_of(SimOperationKind kind) {
  switch (kind) {
    case SimOperationKind::kCreate:
      return "create";
    case SimOperationKind::kCreateFolder:
      return "create folder";
    case SimOperationKind::kLink:
      return "link";
    case SimOperationKind::kRename:
      return "rename";
    case SimOperationKind::kRemove:
      return "remove";
    case SimOperationKind::kRemoveFolder:
      return "remove folder";
    case SimOperationKind::kWrite:
      return "write";
    case SimOperationKind::kMappedWrite:
      return "mapped write";
    case SimOperationKind::kAllocate:
      return "allocate";
    case SimOperationKind::kTruncate:
      return "truncate";
    case SimOperationKind::kSync:
      return "sync";
    case SimOperationKind::kSyncFolder:
      return "sync folder";
  }
  return "unknown";
}

}  // namespace

std::string to_string(const SimOperation& operation) {
  std::string text = name_of(operation.kind);
  if (operation.path) text.append(" ").append(*operation.path);
  if (!operation.to.name.empty()) text.append(" as ").append(operation.to.name);
  if (!operation.bytes.empty()) {
    text.append(" [").append(std::to_string(operation.offset)).append(", ");
    text.append(std::to_string(operation.offset + operation.bytes.size())).append(")");
  } else if (operation.offset != 0) {
    text.append(" ").append(std::to_string(operation.offset));
  }
  if (operation.durable) text.append(" durable");
  if (operation.failed) text.append(" failed");
  return text;
}

}  // namespace ashlar
