include(stored_numbers)

# All that is generated at build time and included by sources.
add_custom_target(generated)

# yardmaster_embed(TARGET FILE...): makes each text file available to TARGET as
# `yardmaster::embedded::<file name with _ for . and ->` through the header "embedded/<file name>.h". A
# name that begins with a digit gets its folder's before it: migrations/2.sql is migrations_2.sql.
function(yardmaster_embed target)
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(headers "")
  foreach(file ${ARGN})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE input)
    set(numbers "")
    if(file MATCHES "\\.sql$")
      set(numbers ${PROJECT_SOURCE_DIR}/cmake/stored_numbers.cmake ${stored_number_headers})
    endif()
    get_filename_component(name ${file} NAME)
    if(name MATCHES "^[0-9]")
      get_filename_component(folder ${file} DIRECTORY)
      get_filename_component(folder ${folder} NAME)
      set(name ${folder}_${name})
    endif()
    string(REGEX REPLACE "[.-]" "_" identifier ${name})
    set(header ${directory}/embedded/${name}.h)
    add_custom_command(OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${header}
              -DIDENTIFIER=${identifier} -P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
      DEPENDS ${input} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
              ${numbers}
      VERBATIM)
    target_sources(${target} PRIVATE ${header})
    list(APPEND headers ${header})
  endforeach()
  # A target that depends on nothing else, so that a header need not wait for the libraries that
  # TARGET is linked with.
  list(GET ARGN 0 first)
  get_filename_component(first ${first} NAME)
  add_custom_target(${target}_embeds_${first} DEPENDS ${headers})
  add_dependencies(${target} ${target}_embeds_${first})
  add_dependencies(generated ${target}_embeds_${first})
  target_include_directories(${target} PUBLIC ${directory})
endfunction()
