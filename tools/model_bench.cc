// SPDX-License-Identifier: Apache-2.0
#include "tools/model_bench.h"

#include <utility>

namespace mimir::tools {

ModelBench::ModelBench(const learn::Model& model, const std::string& digest,
                       const ClusterContext& context, invariant::Registry registry,
                       analysis::Analyzer::Sink sink)
    : builder(model, *context.cluster, digest),
      analyzer(*context.cluster, context.observation, std::move(registry), model, std::move(sink)) {
}

void ModelBench::move_to(const ClusterContext& context, invariant::Registry registry,
                         bool is_renumbered) {
  analyzer.move_to(*context.cluster, context.observation, std::move(registry), is_renumbered);
  builder.move_to(*context.cluster);
}

}  // namespace mimir::tools
