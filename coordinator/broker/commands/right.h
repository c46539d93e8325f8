// The rights that a role may have; see authority.h. Any thread.
#pragma once

#include <string_view>

namespace yardmaster {

enum class Right {
  everyone,  // of any instance, about itself
  read,      // of roles that may read contexts that belong to others
  spawn,     // of roles that may start instances, in their own repository
  end,       // of roles that may end those of their own repository
  owner      // of roles that may everything
};

// The word in "may" of roles.json that grants it; of `everyone` there is none.
std::string_view word_of(Right right);

}  // namespace yardmaster
