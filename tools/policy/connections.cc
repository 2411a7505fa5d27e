// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/connections.h"

namespace mimir::policy {

injector::Policy policy_of(const Connections& connections, const graph::Cluster& cluster) {
  injector::Policy policy;
  const std::string internet(injector::kInternetName);
  policy.allowed.try_emplace(internet);
  for (const auto& [client, server] : connections) {
    if (client == server) continue;
    policy.allowed[client].insert(server);
    policy.allowed[server].insert(client);
    const auto service = cluster.find_class(server);
    if (client != internet && service && cluster.has_vip(*service) &&
        !connections.contains({.client = server, .server = client})) {
      policy.client_vips.insert({.client = client, .service = server});
    }
  }
  policy.allowed[internet].clear();
  return policy;
}

}  // namespace mimir::policy
