# Whether each header compiles by itself: with YARDMASTER_CHECK_HEADERS (the preset `dev` has it) every
# header is a source of its own, without the precompiled headers, which would hide what it lacks. The
# target `headers` compiles them all.
option(YARDMASTER_CHECK_HEADERS "Compile every header by itself" OFF)
if(YARDMASTER_CHECK_HEADERS)
  add_custom_target(headers)
endif()

# yardmaster_check_headers(TARGET FOLDER...): the headers of these folders, with TARGET's flags.
function(yardmaster_check_headers target)
  list(TRANSFORM ARGN APPEND "/*.h" OUTPUT_VARIABLE patterns)
  file(GLOB headers CONFIGURE_DEPENDS ${patterns})
  if(NOT YARDMASTER_CHECK_HEADERS OR NOT headers)
    return()
  endif()
  set(sources "")
  foreach(header ${headers})
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${header})
    set(source ${CMAKE_BINARY_DIR}/headers/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${name}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(${target}_header_check OBJECT ${sources})
  target_link_libraries(${target}_header_check PRIVATE yardmaster_options
    $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
  target_include_directories(${target}_header_check PRIVATE
    $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  target_compile_definitions(${target}_header_check PRIVATE
    $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
  # Nothing but generated headers has to be there first; in a batch one header would bring what the
  # next one lacks.
  set_target_properties(${target}_header_check PROPERTIES OPTIMIZE_DEPENDENCIES ON UNITY_BUILD OFF)
  add_dependencies(${target}_header_check generated)
  add_dependencies(headers ${target}_header_check)
endfunction()
