#include "dispatch/catalog.h"

namespace cumulet::dispatch {
namespace {

template <typename Predicate>
const Entry* find_entry(const std::deque<Entry>& entries, Predicate predicate) {
    for (const auto& entry : entries) {
        if (predicate(*entry.service)) return &entry;
    }
    return nullptr;
}

}  // namespace

bool Entry::speaks(contracts::Protocol protocol) const {
    return service->protocol == protocol || std::ranges::find(service->protocols, protocol) != service->protocols.end();
}

void Catalog::add(const contracts::Service& service, contracts::AnyApi& api) {
    entries_.push_back({.service = &service, .api = &api, .routes = wire::Routes(service), .index = entries_.size()});
}

const Entry* Catalog::named(std::string_view name) const {
    return find_entry(entries_, [&](const auto& service) { return service.name == name; });
}

const Entry* Catalog::of(const contracts::Service& service) const {
    return find_entry(entries_, [&](const auto& known) { return &known == &service; });
}

const Entry* Catalog::with_target(std::string_view target_prefix) const {
    if (target_prefix.empty()) return nullptr;
    return find_entry(entries_, [&](const auto& service) { return service.target_prefix == target_prefix; });
}

const Entry* Catalog::at_host(std::string_view label) const {
    if (label.empty()) return nullptr;
    if (const auto* entry = named(label)) return entry;
    return find_entry(entries_, [&](const auto& service) {
        return service.endpoint_prefix == label || service.signing_name == label;
    });
}

void Catalog::add_host_surface(std::string label, contracts::Surface& surface) {
    hosts_.push_back({std::move(label), &surface});
}

void Catalog::add_path_surface(std::string prefix, contracts::Surface& surface) {
    const auto shorter =
        std::ranges::find_if(paths_, [&](const auto& place) { return place.text.size() < prefix.size(); });
    paths_.insert(shorter, {std::move(prefix), &surface});
}

contracts::Surface* Catalog::surface_at_host(std::string_view label) const {
    for (const auto& place : hosts_) {
        if (place.text == label) return place.surface;
    }
    return nullptr;
}

namespace {

bool begins_with(std::string_view path, std::string_view prefix) {
    for (auto star = prefix.find('*'); star != std::string_view::npos; star = prefix.find('*')) {
        if (!path.starts_with(prefix.substr(0, star))) return false;
        path.remove_prefix(star);
        prefix.remove_prefix(star + 1);
        const auto end = std::min(path.find('/'), path.size());
        if (end == 0) return false;
        path.remove_prefix(end);
    }
    return path.starts_with(prefix);
}

}  // namespace

contracts::Surface* Catalog::surface_at_path(std::string_view path) const {
    for (const auto& place : paths_) {
        if (begins_with(path, place.text)) return place.surface;
    }
    return nullptr;
}

}  // namespace cumulet::dispatch
