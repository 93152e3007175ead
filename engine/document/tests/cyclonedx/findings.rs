//! Vulnerabilities, what they affect, how bad they are, and what the document makes of them.

use super::support::{json, xml};
use referee_core::facts::{
    FixState, ReportFormat, Severity, VexFormat, VexJustification, VexStatus,
};
use referee_document::cyclonedx::Bom;
use referee_document::{Limits, sbom, vulnerability};

/// A document with a component `a` and these vulnerabilities.
fn with(vulnerabilities: &str) -> Bom {
    json(&format!(
        r#"{{"vulnerabilities":[{vulnerabilities}],"bomFormat":"CycloneDX","specVersion":"1.6","version":2,
        "serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata":{{"timestamp":"2026-05-01T00:00:00Z","tools":[{{"name":"grype","version":"0.9"}}],
          "component":{{"bom-ref":"root","name":"image","type":"container","version":"sha256:{digest}"}}}},
        "components":[{{"bom-ref":"a","name":"a","group":"g","version":"1.0","purl":"pkg:npm/g/a@1.0",
          "hashes":[{{"alg":"SHA-256","content":"{digest}"}},{{"alg":"MD5","content":"{md5}"}}]}}],
        "services":[{{"bom-ref":"s","name":"service","version":"9"}}]}}"#,
        digest = "ab".repeat(32),
        md5 = "0".repeat(32),
    ))
}

#[test]
fn a_report_says_what_was_scanned_by_whom_and_when() {
    let report = with("").report.unwrap();
    assert_eq!(report.format, ReportFormat::CycloneDx);
    assert_eq!(report.spec_version.as_deref(), Some("1.6"));
    assert_eq!(report.scanner.as_deref(), Some("grype"));
    assert_eq!(report.scanner_version.as_deref(), Some("0.9"));
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-05-01T00:00:00Z");
    assert_eq!(report.target.as_deref(), Some("image"));
    assert_eq!(report.target_digests, [format!("sha256:{}", "ab".repeat(32))]);
    assert_eq!((report.finding_count, report.findings.len()), (0, 0));
    assert_eq!(with("").vex, None);
}

#[test]
fn an_empty_list_is_a_scan_only_where_somebody_says_that_it_is_one() {
    // Trivy writes one into each SBOM: `--format cyclonedx` alone looks for no vulnerabilities.
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"}],
        "vulnerabilities":[]}"#;
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><vulnerabilities></vulnerabilities></bom>"#;
    for said in [text, xml] {
        assert_eq!(sbom::read(said.as_bytes(), &Limits::DEFAULT).unwrap().report, None);
    }
    let predicate = format!(r#"{{"scanner":{{"uri":"grype","result":{text}}},"metadata":{{}}}}"#);
    for said in [text, &predicate] {
        let report = vulnerability::read(None, said.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!((report.format, report.finding_count), (ReportFormat::CycloneDx, 0));
        assert!(!report.truncated);
    }
}

#[test]
fn vex_alone_is_no_report() {
    let judged = r#"{"id":"CVE-1","affects":[{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a"}],
        "analysis":{"state":"in_triage"}}"#;
    let document = |vulnerabilities: &str, components: &str| {
        json(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[{vulnerabilities}],
            "metadata":{{"component":{{"name":"image"}}}},"components":[{components}]}}"#
        ))
    };
    let vex = document(judged, "");
    assert_eq!((vex.report, vex.vex.unwrap().statement_count), (None, 1));
    // With what was looked at, or with something that nobody judged, it is a report.
    for bom in [
        document(judged, r#"{"name":"a"}"#),
        document(&format!(r#"{judged},{{"id":"CVE-2"}}"#), ""),
        document(&format!(r#"{judged},{{"id":"CVE-2","analysis":{{"detail":"?"}}}}"#), ""),
    ] {
        assert!(bom.report.is_some() && bom.vex.is_some());
    }
}

#[test]
fn a_document_without_a_list_of_vulnerabilities_is_no_report() {
    for vulnerabilities in ["", r#""vulnerabilities":null,"#] {
        let text = format!(r#"{{{vulnerabilities}"bomFormat":"CycloneDX","specVersion":"1.6"}}"#);
        assert_eq!(json(&text).report, None);
    }
}

#[test]
fn a_version_is_set_aside_only_by_all_that_is_said_of_it() {
    let suppressed = |versions: &str, more: &str| {
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",
            "vulnerabilities":[{{"id":"CVE-1","affects":[{{"ref":"a","versions":[{versions}]}}]}}],
            "components":[{{"bom-ref":"a","name":"a","version":"1.0"}}{more}]}}"#
        );
        json(&text).report.unwrap().findings[0].suppressed.is_some()
    };
    let not = r#"{"version":"1.0","status":"unaffected"}"#;
    assert!(suppressed(not, ""));
    assert!(suppressed(&format!(r#"{not},{{"version":"0.9"}}"#), ""));
    // What is said of it otherwise, by a range or past what is read.
    assert!(!suppressed(&format!(r#"{not},{{"version":"1.0","status":"unknown"}}"#), ""));
    assert!(!suppressed(&format!(r#"{not},{{"range":"vers:npm/<2"}}"#), ""));
    assert!(suppressed(&format!(r#"{not},{{"range":"vers:npm/<2","status":"unaffected"}}"#), ""));
    let others = vec![r#"{"version":"2.0"}"#; 15].join(",");
    assert!(suppressed(&format!("{not},{others}"), ""));
    assert!(!suppressed(&format!(r#"{not},{others},{{"version":"1.0"}}"#), ""));
    // Nobody knows which of two packages is meant.
    assert!(!suppressed(not, r#",{"bom-ref":"a","name":"a","version":"2.0"}"#));
}

#[test]
fn versions_that_have_no_vulnerabilities_have_no_report() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.3","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"not_affected"}}]}"#,
    );
    assert_eq!((bom.report, bom.vex), (None, None));
    assert_eq!(bom.sbom.problems[0].code, "document_member");
}

#[test]
fn there_is_a_finding_for_each_component_that_is_affected() {
    let report = with(
        r#"{"id":"CVE-1","affects":[{"ref":"a"},{"ref":"s"},{"ref":"gone"},
        {"ref":"urn:cdx:3E671687-395b-41f5-a30f-a58921a69b79/2#a"},
        {"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/3#a"},
        {"ref":"urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm/x@2"}]},{"id":"CVE-2"}"#,
    )
    .report
    .unwrap();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|one| {
            (one.id.as_str(), one.package.as_deref(), one.version.as_deref(), one.purl.as_deref())
        })
        .collect();
    let a = ("CVE-1", Some("g/a"), Some("1.0"), Some("pkg:npm/g/a@1.0"));
    assert_eq!(
        found,
        [
            a,
            ("CVE-1", Some("service"), Some("9"), None),
            ("CVE-1", None, None, None),
            a,
            ("CVE-1", None, None, None),
            ("CVE-1", None, None, Some("pkg:npm/x@2")),
            ("CVE-2", None, None, None),
        ]
    );
    assert_eq!((report.finding_count, report.severities[&Severity::Unknown]), (7, 7));
    let told: Vec<&str> = report.problems.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(told, ["a vulnerability refers to \"gone\", which the document does not have"]);
}

#[test]
fn the_worst_of_several_ratings_counts_with_its_own_word() {
    let report = with(
        r#"{"id":"CVE-1","ratings":[
        {"source":{"name":"debian"},"severity":"low","method":"other"},
        {"source":{"name":"nvd"},"score":9.8,"severity":"critical","method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        {"source":{"url":"https://u"},"score":5.0,"method":"CVSSv3","vector":"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        {"source":{"name":"first"},"score":0.97,"method":"other","vector":"EPSS"}]},
        {"id":"CVE-2","ratings":[{"severity":"none"},{"score":7.5,"method":"CVSSv2"}]},
        {"id":"CVE-3","ratings":[{"severity":"unknown","source":{"name":"x"}},{"score":3.0}]}"#,
    )
    .report
    .unwrap();
    let [first, second, third] = report.findings.as_slice() else { panic!("three") };
    assert_eq!(first.severity, Severity::Critical);
    assert_eq!(first.severity_stated.as_deref(), Some("critical"));
    assert_eq!(first.severity_source.as_deref(), Some("nvd"));
    let scores: Vec<_> = first
        .scores
        .iter()
        .map(|one| (one.version.as_deref(), one.score, one.stated, one.source.as_deref()))
        .collect();
    assert_eq!(
        scores,
        [
            (Some("3.1"), 9.8, Some(9.8), Some("nvd")),
            (Some("3.0"), 9.8, Some(5.0), Some("https://u")),
        ]
    );
    assert_eq!((second.severity, second.severity_stated.as_deref()), (Severity::High, None));
    assert_eq!((third.severity, third.scores[0].version.as_deref()), (Severity::Low, None));
    assert_eq!(report.severities[&Severity::Critical], 1);
    assert_eq!(report.problems, []);
}

#[test]
fn scores_that_cannot_be_are_told_and_left_out() {
    let report = with(
        r#"{"id":"CVE-1","ratings":[{"score":11,"method":"CVSSv31"},{"score":-1,"method":"OWASP"},
        {"score":5.5,"method":"CVSSv31","vector":"nonsense"}]}"#,
    )
    .report
    .unwrap();
    let codes: Vec<&str> = report.problems.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["document_score", "document_score"]);
    let scores: Vec<f64> = report.findings[0].scores.iter().map(|one| one.score).collect();
    assert_eq!(scores, [5.5]);
}

#[test]
fn a_finding_has_other_names_a_title_an_address_and_a_fix() {
    let report = with(
        r#"{"id":"GHSA-1","source":{"name":"GitHub"},"references":[{"id":"CVE-1"},{"id":"GHSA-1"},{"id":"CVE-1"}],
        "description":"First line.\nSecond line.","advisories":[{"url":"https://example.org"}],"published":"2026-01-01T00:00:00Z",
        "analysis":{"response":["will_not_fix","update"]},
        "affects":[{"ref":"a","versions":[{"version":"1.0"},{"version":"1.1","status":"unaffected"},{"range":"vers:npm/<1.1"}]}]},
        {"references":[{"id":"CVE-2"}],"published":"soon","analysis":{"response":["will_not_fix"]}},{}"#,
    )
    .report
    .unwrap();
    let first = &report.findings[0];
    assert_eq!((first.id.as_str(), first.aliases.as_slice()), ("GHSA-1", &["CVE-1".into()][..]));
    assert_eq!(first.title.as_deref(), Some("First line."));
    assert_eq!(first.url.as_deref(), Some("https://example.org"));
    assert_eq!((first.fix, first.fixed_in.as_slice()), (FixState::Fixed, &["1.1".into()][..]));
    assert_eq!(first.suppressed, None);
    assert_eq!(
        (report.findings[1].id.as_str(), report.findings[1].fix),
        ("CVE-2", FixState::WontFix)
    );
    assert_eq!(report.findings[2].id, "");
    let codes: Vec<&str> = report.problems.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["document_time", "document_vulnerability_id"]);
}

#[test]
fn what_the_report_says_is_unaffected_is_set_aside_unless_it_says_otherwise_too() {
    let affects = |versions: &str| {
        let text = format!(r#"{{"id":"CVE-1","affects":[{{"ref":"a","versions":[{versions}]}}]}}"#);
        with(&text).report.unwrap().findings[0].suppressed.clone()
    };
    let unaffected = r#"{"version":"1.0","status":"unaffected"}"#;
    assert_eq!(affects(unaffected).as_deref(), Some("1.0 is unaffected"));
    assert_eq!(affects(&format!(r#"{unaffected},{{"version":"1.0"}}"#)), None);
    assert_eq!(affects(r#"{"version":"1.0","status":"unknown"}"#), None);
}

#[test]
fn each_analysis_is_a_statement_about_what_is_affected() {
    let bom = with(
        r#"{"id":"CVE-1","references":[{"id":"GHSA-1"}],"recommendation":"update it","affects":[{"ref":"a"},{"ref":"gone"}],
        "analysis":{"state":"not_affected","justification":"code_not_reachable","detail":"never called",
        "firstIssued":"2026-01-01T00:00:00Z","lastUpdated":"2026-02-01T00:00:00Z"}},
        {"id":"CVE-2","analysis":{"state":"exploitable"}},{"id":"CVE-3"}"#,
    );
    let vex = bom.vex.unwrap();
    assert_eq!((vex.format, vex.version.as_deref()), (VexFormat::CycloneDx, Some("2")));
    assert_eq!(vex.issued_at.unwrap().to_string(), "2026-05-01T00:00:00Z");
    assert_eq!((vex.statement_count, vex.statements.len()), (2, 2));
    let first = &vex.statements[0];
    assert_eq!((first.vulnerability.as_str(), first.status), ("CVE-1", VexStatus::NotAffected));
    assert_eq!(first.aliases, ["GHSA-1"]);
    assert_eq!(first.justification, Some(VexJustification::VulnerableCodeNotInExecutePath));
    assert_eq!(first.stated.as_deref(), Some("not_affected: code_not_reachable"));
    assert_eq!(first.impact.as_deref(), Some("never called"));
    assert_eq!(first.action.as_deref(), Some("update it"));
    assert_eq!(first.stated_at.unwrap().to_string(), "2026-02-01T00:00:00Z");
    let [product, gone] = first.products.as_slice() else { panic!("two") };
    assert_eq!(
        (product.id.as_deref(), product.purls.as_slice()),
        (Some("a"), &["pkg:npm/g/a@1.0".into()][..])
    );
    assert_eq!(product.digests, [format!("sha256:{}", "ab".repeat(32))]);
    assert_eq!((gone.id.as_deref(), gone.purls.len()), (Some("gone"), 0));
    // Without a time of its own a statement has the document's.
    assert_eq!(vex.statements[1].stated_at, vex.issued_at);
    assert_eq!(vex.statements[1].products, []);
    // The findings stand in the report all the same.
    assert_eq!(bom.report.unwrap().finding_count, 4);
}

#[test]
fn states_and_justifications_are_led_to_those_of_cisa() {
    for (state, status, stated) in [
        ("resolved", VexStatus::Fixed, Some("resolved")),
        ("resolved_with_pedigree", VexStatus::Fixed, Some("resolved_with_pedigree")),
        ("exploitable", VexStatus::Affected, Some("exploitable")),
        ("in_triage", VexStatus::UnderInvestigation, Some("in_triage")),
        ("false_positive", VexStatus::NotAffected, Some("false_positive")),
        ("not_affected", VexStatus::NotAffected, None),
    ] {
        let text = format!(r#"{{"id":"CVE-1","analysis":{{"state":"{state}"}}}}"#);
        let vex = with(&text).vex.unwrap();
        assert_eq!(
            (vex.statements[0].status, vex.statements[0].stated.as_deref()),
            (status, stated)
        );
    }
    let controlled = VexJustification::VulnerableCodeCannotBeControlledByAdversary;
    let mitigated = VexJustification::InlineMitigationsAlreadyExist;
    for (word, justification) in [
        ("code_not_present", VexJustification::VulnerableCodeNotPresent),
        ("code_not_reachable", VexJustification::VulnerableCodeNotInExecutePath),
        ("requires_configuration", controlled),
        ("requires_dependency", controlled),
        ("requires_environment", controlled),
        ("protected_by_compiler", mitigated),
        ("protected_at_runtime", mitigated),
        ("protected_at_perimeter", mitigated),
        ("protected_by_mitigating_control", mitigated),
    ] {
        let text = format!(
            r#"{{"id":"CVE-1","analysis":{{"state":"not_affected","justification":"{word}"}}}}"#
        );
        let vex = with(&text).vex.unwrap();
        assert_eq!(vex.statements[0].justification, Some(justification));
        assert_eq!(vex.problems, []);
    }
}

#[test]
fn an_analysis_that_nobody_understands_sets_nothing_aside() {
    let vex = with(
        r#"{"id":"CVE-1","analysis":{"state":"NOT_AFFECTED"}},{"analysis":{"state":"not_affected"}},
        {"id":"CVE-3","analysis":{"detail":"?"}},
        {"id":"CVE-4","analysis":{"state":"not_affected","justification":"because"}},
        {"id":"CVE-5","analysis":{"state":"exploitable","justification":"code_not_present"}}"#,
    )
    .vex
    .unwrap();
    let statements: Vec<_> = vex
        .statements
        .iter()
        .map(|one| (one.vulnerability.as_str(), one.status, one.justification))
        .collect();
    assert_eq!(
        statements,
        [("CVE-4", VexStatus::NotAffected, None), ("CVE-5", VexStatus::Affected, None)]
    );
    let codes: Vec<&str> = vex.problems.iter().map(|one| one.code.as_str()).collect();
    let unjust = "document_vex_justification";
    let expected =
        ["document_vex_status", "document_vulnerability_id", unjust, "document_statement", unjust];
    assert_eq!(codes, expected);
}

#[test]
fn a_statement_about_an_id_that_is_not_one_s_own_binds_to_nothing() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"name":"a","bom-ref":"x","purl":"pkg:npm/a@1"},{"name":"b","bom-ref":"x","purl":"pkg:npm/b@1"}],
        "vulnerabilities":[{"id":"CVE-1","affects":[{"ref":"x"}],"analysis":{"state":"not_affected"}}]}"#,
    );
    let product = &bom.vex.unwrap().statements[0].products[0];
    assert_eq!(
        (product.id.as_deref(), product.purls.len(), product.digests.len()),
        (Some("x"), 0, 0)
    );
}

#[test]
fn a_finding_about_an_id_that_is_not_one_s_own_names_no_package_s_purl() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"name":"a","bom-ref":"x","version":"1","purl":"pkg:npm/a@1"},
        {"name":"b","bom-ref":"x","version":"2","purl":"pkg:npm/b@2"}],
        "vulnerabilities":[{"id":"CVE-1","affects":[{"ref":"x","versions":[{"version":"1","status":"unaffected"}]}]}]}"#,
    );
    let finding = &bom.report.unwrap().findings[0];
    assert_eq!(
        (finding.package.as_deref(), &finding.purl, &finding.version),
        (Some("a"), &None, &None)
    );
    assert_eq!(finding.suppressed, None);
}

#[test]
fn nought_without_a_vector_is_no_score() {
    for rating in [
        r#"{"score":0.0}"#,
        r#"{"score":0,"method":"CVSSv31"}"#,
        r#"{"score":0,"method":"CVSSv2","severity":"unknown"}"#,
    ] {
        let text = format!(r#"{{"id":"CVE-1","ratings":[{rating}]}}"#);
        let finding = &with(&text).report.unwrap().findings[0];
        assert_eq!((finding.severity, finding.scores.len()), (Severity::Unknown, 0), "{rating}");
    }
}

#[test]
fn xml_says_the_same_of_vulnerabilities() {
    let of_xml = xml(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="library"><name>a</name></component></components><vulnerabilities><vulnerability><id>CVE-1</id>
        <source><name>NVD</name><url>https://n</url></source>
        <references><reference><id>GHSA-1</id><source><name>GitHub</name></source></reference></references>
        <ratings><rating><source><name>NVD</name></source><score>9.8</score><severity>critical</severity><method>CVSSv31</method><vector>AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</vector></rating></ratings>
        <description>d</description><recommendation>r</recommendation><advisories><advisory><url>https://a</url></advisory></advisories>
        <published>2026-01-01T00:00:00Z</published><tools><components><component><name>scanner</name><version>1</version></component></components></tools>
        <analysis><state>not_affected</state><justification>code_not_present</justification><responses><response>update</response></responses><detail>x</detail><firstIssued>2026-01-02T00:00:00Z</firstIssued></analysis>
        <affects><target><ref>a</ref><versions><version><version>1</version><status>affected</status></version><version><version>2</version><status>unaffected</status></version></versions></target></affects>
        </vulnerability></vulnerabilities></bom>"#,
    );
    let of_json = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a"}],"vulnerabilities":[{"id":"CVE-1","source":{"name":"NVD","url":"https://n"},
        "references":[{"id":"GHSA-1","source":{"name":"GitHub"}}],
        "ratings":[{"source":{"name":"NVD"},"score":9.8,"severity":"critical","method":"CVSSv31","vector":"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "description":"d","recommendation":"r","advisories":[{"url":"https://a"}],"published":"2026-01-01T00:00:00Z",
        "tools":{"components":[{"name":"scanner","version":"1"}]},
        "analysis":{"state":"not_affected","justification":"code_not_present","response":["update"],"detail":"x","firstIssued":"2026-01-02T00:00:00Z"},
        "affects":[{"ref":"a","versions":[{"version":"1","status":"affected"},{"version":"2","status":"unaffected"}]}]}]}"#,
    );
    assert_eq!(of_json.report.as_ref().unwrap().scanner.as_deref(), Some("scanner"));
    assert_eq!(of_json.report.as_ref().unwrap().findings[0].version.as_deref(), Some("1"));
    assert_eq!((of_json.report, of_json.vex), (of_xml.report, of_xml.vex));
}
