// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entities.h"

#include <cstddef>
#include <optional>
#include <string>

#include "config/json.h"
#include "model/entity/cluster_list.h"
#include "model/entity/creation_log.h"
#include "model/entity/entity_log.h"

namespace mimir::entity {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// kubectl prints an indented object, whose first line is its brace; others print
// the same object as one line.
bool is_cluster_list(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  line = line.substr(0, line.find_last_not_of(kBlank) + 1);
  if (line == "{") return true;
  config::Diagnostics unheard;
  const std::optional<config::Json> object = config::parse_json(line, "", unheard);
  return object && (object->find("apiVersion") != nullptr || object->find("object") != nullptr);
}

}  // namespace

std::vector<Event> read_entities(std::string_view text, std::string_view file, TimeNs start_ns,
                                 config::Diagnostics& diagnostics) {
  if (is_creation_log(text)) return read_creation_log(text, file, start_ns, diagnostics);
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) {
    diagnostics.error({std::string(file), 0, 0}, "the file names no entity",
                      "kubectl get nodes,services,endpointslices,pods -A -o json");
    return {};
  }
  if (text[begin] != '{') {
    diagnostics.error({std::string(file), 1, 0},
                      "this is no entity log, creation log or list of Kubernetes objects",
                      "kubectl get nodes,services,endpointslices,pods -A -o json");
    return {};
  }
  if (is_cluster_list(text.substr(begin))) {
    return read_cluster_list(text, file, start_ns, diagnostics);
  }
  return read_entity_log(text, file, diagnostics);
}

}  // namespace mimir::entity
