// Adding a repository, which can be repeated: it is there then, whoever added it. One thread.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "coordinator/cli/repository_choice.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

struct AddedRepository {
  nlohmann::json repository;
  bool was_there = false;
};

// An empty name or base is the default one. Throws conflict when it is there with another base, and
// what add_repository() throws.
AddedRepository add_or_find(Client& client, const RepositorySource& source, const std::string& name,
                            const std::string& base);

}  // namespace yardmaster::cli
