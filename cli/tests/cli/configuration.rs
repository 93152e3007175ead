//! Where settings come from, and what is said of those that cannot be used.

use crate::support::{folder, path, referee, root, run};

const LAYOUT: &str = "oci-layout:examples/layouts/signed-one";

#[test]
fn a_file_here_is_read_unasked_and_its_paths_are_its_own() {
    let folder = folder(&[("referee.yaml", "")]);
    let trust = root().join("examples/trust-all.yaml");
    let text = format!("trust: [{}]\npolicy: {{mode: audit}}\n", trust.display());
    std::fs::write(folder.path().join("referee.yaml"), text).unwrap();
    let layout = format!("oci-layout:{}", root().join("examples/layouts/unsigned").display());
    let mut command = referee();
    command.current_dir(folder.path()).args(["verify", &layout, "-vv"]);
    let run = run(&mut command).exits(0).says(&["DENY", "mode audit", "config referee.yaml"]);
    assert!(
        run.err.contains("read the configuration") && run.err.contains("referee.yaml"),
        "{run:#?}"
    );
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = folder(&[("c.toml", "[policy]\nmode = \"warn\"\npackage = \"of.file\"\n")]);
    let config = path(&folder, "c.toml");
    let mut command = referee();
    command.args(["config", "--config", &config, "--log-level", "off"]);
    command.env("REFEREE_POLICY__MODE", "audit").env("REFEREE_LOG__LEVEL", "error");
    run(&mut command).exits(0).says(&["mode: audit", "package: of.file", "level: off"]);
}

#[test]
fn the_environment_may_name_the_file_and_the_flag_wins() {
    let folder = folder(&[("a.yaml", "policy: {package: a}"), ("b.yaml", "policy: {package: b}")]);
    let (a, b) = (path(&folder, "a.yaml"), path(&folder, "b.yaml"));
    run(referee().arg("config").env("REFEREE_CONFIG", &a)).exits(0).says(&["package: a"]);
    let mut command = referee();
    command.args(["config", "--config", &b]).env("REFEREE_CONFIG", &a);
    run(&mut command).exits(0).says(&["package: b"]);
}

#[test]
fn settings_that_contradict_one_another_are_refused() {
    let folder = folder(&[("c.yaml", "registry: {only_ca_files: true}")]);
    run(referee().args(["verify", LAYOUT, "--config", &path(&folder, "c.yaml")])).fails(
        "registry.only_ca_files: ca_files is empty, so no server could be trusted",
        "configuration",
    );
}

#[test]
fn what_is_misspelled_is_refused_wherever_it_stands() {
    let folder = folder(&[("c.yaml", "polcy: {}")]);
    let config = path(&folder, "c.yaml");
    run(referee().args(["config", "--config", &config])).fails(
        &format!("{config}: unknown field `polcy`, did you mean `policy`?"),
        "unknown_field",
    );
    run(referee().arg("config").env("REFEREE_POLICY__MOD", "warn")).fails(
        "the environment variable REFEREE_POLICY__MOD is no setting, did you mean \
         REFEREE_POLICY__MODE?",
        "unknown_variable",
    );
    run(referee().args(["config", "--config", "/no/such.yaml"]))
        .fails("the configuration file /no/such.yaml could not be read", "config_unreadable");
}

#[test]
fn the_version_does_not_depend_on_the_configuration() {
    run(referee().args(["version", "--config", "/no/such.yaml"])).exits(0);
}

#[test]
fn addresses_that_kubernetes_puts_into_the_environment_are_passed_over() {
    let mut command = referee();
    command.arg("config").env("REFEREE_PORT", "tcp://10.0.0.1:443");
    run(command.env("REFEREE_SERVICE_HOST", "10.0.0.1")).exits(0);
}
