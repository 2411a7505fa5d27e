// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/model/graph/wordpress.h"
#include "tools/policy/connections.h"
#include "tools/policy/label_selector.h"

namespace mimir::test {

/// A pod with any labels. `name` ends in an ordinal: shop/web-0 is of the service web.
[[nodiscard]] inline entity::Event labelled_pod(std::string name, std::string_view address,
                                                std::string namespace_name, policy::Labels labels) {
  entity::Event event = pod_event(std::move(name), address, std::move(namespace_name), "", "");
  event.entity.labels = std::move(labels);
  return event;
}

/// web, db and batch in the namespace shop, probe in audit, DNS; web and db have VIPs.
[[nodiscard]] inline std::vector<entity::Event> small_cluster() {
  return {
      labelled_pod("web-0", "10.1.0.1", "shop", {{"app", "web"}, {"tier", "front"}}),
      labelled_pod("web-1", "10.1.0.2", "shop", {{"app", "web"}, {"tier", "front"}}),
      labelled_pod("db-0", "10.1.0.3", "shop", {{"app", "db"}, {"tier", "back"}}),
      labelled_pod("batch-0", "10.1.1.1", "shop", {{"app", "batch"}}),
      labelled_pod("probe-0", "10.1.2.1", "audit", {{"app", "probe"}, {"tier", "front"}}),
      labelled_pod("coredns-0", "10.1.3.1", "kube-system", {{"k8s-app", "kube-dns"}}),
      service_event("web", "10.96.0.1", "shop", "app", "web"),
      service_event("db", "10.96.0.2", "shop", "app", "db"),
      service_event("kube-dns", "10.96.0.10", "kube-system", "k8s-app", "kube-dns"),
  };
}

/// Everyone with everyone, and out, where no policy is.
[[nodiscard]] inline policy::Connections everything() {
  policy::Connections all;
  for (const char* client : {"web", "db", "batch", "probe", "kube-dns"}) {
    all.insert({client, "internet"});
    for (const char* server : {"web", "db", "batch", "probe", "kube-dns"}) {
      if (std::string_view(client) != server) all.insert({client, server});
    }
  }
  all.insert({"web", "web"});  // the one that has two pods
  return all;
}

}  // namespace mimir::test
