// SPDX-License-Identifier: Apache-2.0
#include "controlplane/kubernetes/kubernetes_config.h"

#include <algorithm>
#include <string>

#include "controlplane/http/http_origin.h"

namespace mimir::controlplane {

namespace {

bool is_name(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

}  // namespace

config::Section<KubernetesConfig> kubernetes_section() {
  using C = KubernetesConfig;
  config::Section<C> section("kubernetes");
  section
      .text("api", &C::api,
            "The API server that says who holds which address, and goes on saying it, as in "
            "https://10.0.0.1:6443. Empty: nobody is asked, model.entities is read.")
      .text("token_file", &C::token_file,
            "A file with the bearer token of a reader; read anew for every request, so that it "
            "may be replaced. config/kubernetes/reader.yaml makes such a reader.")
      .text("ca_file", &C::ca_file,
            "Who signs the server's certificate, PEM. Empty: whom this machine trusts.")
      .text("client_certificate", &C::client_certificate,
            "Instead of a token: the client's certificate chain, PEM.")
      .text("client_key", &C::client_key, "The private key of that certificate, PEM.")
      .text_list("namespaces", &C::namespaces,
                 "Namespaces that are looked at; []: all. With some of them a Role in each "
                 "suffices; nodes are then known by their pods if they may not be listed.")
      .require(
          "api", [](const C& c) { return c.api.empty() || parse_origin(c.api).has_value(); },
          "kubernetes.api is no address of a server", "write api: \"https://10.0.0.1:6443\"")
      .require(
          "api",
          [](const C& c) {
            const auto origin = parse_origin(c.api);
            return !origin || origin->is_tls || origin->is_loopback();
          },
          "kubernetes.api is not encrypted, and not on this host",
          "write https://; http:// is for kubectl proxy on 127.0.0.1")
      .require(
          "client_certificate",
          [](const C& c) { return c.client_certificate.empty() == c.client_key.empty(); },
          "kubernetes.client_certificate and kubernetes.client_key go together",
          "give both, or neither")
      .require(
          "namespaces",
          [](const C& c) { return std::all_of(c.namespaces.begin(), c.namespaces.end(), is_name); },
          "kubernetes.namespaces: not every element is the name of a namespace",
          "write [shop, payment]");
  return section;
}

}  // namespace mimir::controlplane
