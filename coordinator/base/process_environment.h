// The environment of this process, as values. Any thread, while none changes it.
#pragma once

#include <map>
#include <string>

namespace yardmaster {

std::map<std::string, std::string> own_environment();

}  // namespace yardmaster
