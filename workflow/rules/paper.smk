# The paper's tables and figures, and the error analysis. In: what the rules of the other files make, for the rows of
# `studies` in params.yaml. Out:
#   results/D/studies/trained, raw_detections, detections, metrics    as in results/D, of the runs that only studies need
#   results/D/studies/table1.*, table2.*                    the paper's rows, and ours where D is that table's data set
#   results/D/studies/TABLE.csv, .json, .md, .tex, .html    each study with rows
#   results/D/studies/SWEEP.svg, .png, .csv                 each study with a parameter
#   results/D/studies/figure4.svg, .png, .json, .csv        relations of the queries, first variant and seed
#   results/D/studies/figureS3.svg, .png, .csv              classification loss with and without ACE-dec
#   results/D/studies/provenance.json, .html                commit, parameters, data, software and machine of all this
#   results/D/studies/diagnosis/V.csv, V.svg                error analysis, first seed of each of `variants`

FIRST_SPLIT = variants.split(experiment.main[0])
TABLE = [
    f"results/{{dataset}}/studies/{{name}}.{kind}"
    for kind in ("csv", "json", "md", "tex", "html")
]
FIGURE = [
    f"results/{{dataset}}/studies/{{name}}.{kind}" for kind in ("svg", "png", "csv")
]


rule table1:
    input:
        of_data(TABLE, name="table1"),


rule table2:
    input:
        of_data(TABLE, name="table2"),


rule table3:
    input:
        of_data(TABLE, name="table3"),


rule table4:
    input:
        of_data(TABLE, name=["table4_ace_enc", "table4_ace_dec"]),


rule presets:
    input:
        of_data(TABLE, name="presets"),


rule figure4:
    input:
        of_data([*FIGURE, "results/{dataset}/studies/{name}.json"], name="figure4"),


rule figure5:
    input:
        of_data(FIGURE, name=["figure5a", "figure5b"]),


rule figureS3:
    input:
        of_data(FIGURE, name="figureS3"),


rule diagnosis:
    input:
        of_data(
            "results/{dataset}/studies/diagnosis/{variant}.{kind}",
            variant=experiment.main,
            kind=["svg", "csv"],
        ),


rule studies:
    input:
        of_data(TABLE, name=studies.published + studies.regular(studies.tables)),
        of_data(FIGURE, name=studies.regular(studies.sweeps)),
        rules.figure4.input,
        rules.figureS3.input if studies.logs_with_ace_dec() else [],
        rules.diagnosis.input,
        of_data("results/{dataset}/studies/provenance.{kind}", kind=["html", "json"]),
        studies.run_files,


# Every other study by its own name.
for name in studies.by_their_names:

    rule:
        name:
            name
        input:
            study(name),
        localrule: True


rule on_request:
    input:
        [study(name) for name in studies.on_request],


use rule train_network as train_study_network with:
    output:
        weights="results/{dataset}/studies/trained/{variant}/seed{seed}/model.safetensors",
        description="results/{dataset}/studies/trained/{variant}/seed{seed}/training.json",
        losses="results/{dataset}/studies/trained/{variant}/seed{seed}/log.csv",


use rule detect_segments as detect_study_segments with:
    output:
        raw="results/{dataset}/studies/raw_detections/{variant}/seed{seed}.npz",


use rule suppress_duplicates as suppress_study_duplicates with:
    output:
        detections="results/{dataset}/studies/detections/{variant}/seed{seed}.json",


use rule evaluate_detections as evaluate_study_detections with:
    output:
        metrics="results/{dataset}/studies/metrics/{variant}/seed{seed}.json",


rule compare_rows:
    input:
        metrics=of_named(studies.files, "table", "evaluate", METRICS),
        detections=of_named(studies.files, "table", "suppress", DETECTIONS),
        annotations=of_split_of("table"),
        sources=source_files("table"),
    output:
        csv="results/{dataset}/studies/{table}.csv",
        json="results/{dataset}/studies/{table}.json",
        markdown="results/{dataset}/studies/{table}.md",
        latex="results/{dataset}/studies/{table}.tex",
        html=report(
            "results/{dataset}/studies/{table}.html",
            caption="../report/table.rst",
            category="Tables",
            labels={"study": "{table}"},
        ),
    log:
        "logs/{dataset}/table/{table}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/table/{table}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        study=in_file("table", of_named(studies.table, "table")),
        subset=of_named(studies.split, "table"),
    shell:
        "react-tad table --study {params.study} --annotations {input.annotations} --subset {params.subset}"
        " --csv {output.csv} --json {output.json} --markdown {output.markdown} --latex {output.latex} --html {output.html}"
        " > {log} 2>&1"


rule compare_with_published:
    input:
        metrics=of_named(studies.published_metric_files, "published"),
        descriptions=of_named(studies.published_description_files, "published"),
        sources=source_files("published"),
    output:
        csv="results/{dataset}/studies/{published}.csv",
        json="results/{dataset}/studies/{published}.json",
        markdown="results/{dataset}/studies/{published}.md",
        latex="results/{dataset}/studies/{published}.tex",
        html=report(
            "results/{dataset}/studies/{published}.html",
            caption="../report/published.rst",
            category="Tables",
            labels={"study": "{published}"},
        ),
    log:
        "logs/{dataset}/table/{published}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/table/{published}.tsv"
    wildcard_constraints:
        published="table1|table2",
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        ours=in_file("published", of_named(studies.published_rows, "published")),
    shell:
        "react-tad published {wildcards.published} --ours {params.ours}"
        " --csv {output.csv} --json {output.json} --markdown {output.markdown} --latex {output.latex} --html {output.html}"
        " > {log} 2>&1"


rule draw_sweep:
    input:
        metrics=of_named(studies.files, "sweep", "evaluate", METRICS),
        detections=of_named(studies.files, "sweep", "suppress", DETECTIONS),
        annotations=of_split_of("sweep"),
        sources=source_files("sweep"),
    output:
        svg=report(
            "results/{dataset}/studies/{sweep}.svg",
            caption="../report/sweep.rst",
            category="Figures",
            labels={"figure": "{sweep}"},
        ),
        png="results/{dataset}/studies/{sweep}.png",
        csv="results/{dataset}/studies/{sweep}.csv",
    log:
        "logs/{dataset}/sweep/{sweep}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/sweep/{sweep}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        study=in_file("sweep", of_named(studies.sweep, "sweep")),
        subset=of_named(studies.split, "sweep"),
    shell:
        "react-tad sweep --study {params.study} --annotations {input.annotations} --subset {params.subset}"
        " --out {output.svg} {output.png} --csv {output.csv} > {log} 2>&1"


rule draw_relations:
    input:
        weights=of_first_run("train", WEIGHTS),
        description=of_first_run("train", DESCRIPTION),
        windows=of_first_network(
            "data/{dataset}/windows/{split}.json", split=FIRST_SPLIT
        ),
        features=of_first_network(
            "data/{dataset}/features/{split}.json", split=FIRST_SPLIT
        ),
        array=ancient(
            of_first_network("data/{dataset}/features/{split}.npy", split=FIRST_SPLIT)
        ),
        sources=source_files("relations"),
    output:
        svg=report(
            "results/{dataset}/studies/figure4.svg",
            caption="../report/relations.rst",
            category="Figures",
            labels={"figure": "figure4"},
        ),
        png="results/{dataset}/studies/figure4.png",
        json="results/{dataset}/studies/figure4.json",
        csv="results/{dataset}/studies/figure4.csv",
    log:
        "logs/{dataset}/relations.txt",
    benchmark:
        "logs/{dataset}/benchmarks/relations.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=int(device() != "cpu"),
        device=device(),
    shell:
        "react-tad relations --model $(dirname {input.weights}) --windows {input.windows} --features {input.features}"
        " --out {output.svg} {output.png} --json {output.json} --csv {output.csv}"
        " --threads 1 --device {resources.device} > {log} 2>&1"


rule draw_class_losses:
    input:
        logs=lambda wildcards: studies.class_loss_files(wildcards.dataset),
        sources=source_files("class_loss"),
    output:
        svg=report(
            "results/{dataset}/studies/figureS3.svg",
            caption="../report/class_loss.rst",
            category="Figures",
            labels={"figure": "figureS3"},
        ),
        png="results/{dataset}/studies/figureS3.png",
        csv="results/{dataset}/studies/figureS3.csv",
    log:
        "logs/{dataset}/class_loss.txt",
    benchmark:
        "logs/{dataset}/benchmarks/class_loss.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        study=in_file("class_loss", class_loss),
    shell:
        "react-tad class-loss --study {params.study} --out {output.svg} {output.png} --csv {output.csv} > {log} 2>&1"


rule diagnose_errors:
    input:
        annotations=of_split("data/{dataset}/annotations/{split}.json"),
        detections=of_owner("suppress", DETECTIONS, experiment.seeds[:1]),
        sources=source_files("diagnose"),
    output:
        table="results/{dataset}/studies/diagnosis/{variant}.csv",
        picture=report(
            "results/{dataset}/studies/diagnosis/{variant}.svg",
            caption="../report/diagnosis.rst",
            category="Error analysis",
            labels={"variant": "{variant}"},
        ),
    log:
        "logs/{dataset}/diagnosis/{variant}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/diagnosis/{variant}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        subset=of_variant(variants.split),
        tiou=of_variant(variants.thresholds),
        profile=of_run(variants.diagnosed_profile),
    shell:
        "react-tad diagnose --annotations {input.annotations} --detections {input.detections} --subset {params.subset}"
        " {params.profile} --tiou {params.tiou} --csv {output.table} --figure {output.picture} > {log} 2>&1"


rule record_provenance:
    input:
        features=of_networks("data/{dataset}/features/{split}.json", split=SUBSETS),
        metrics=lambda wildcards: variants.files(
            "evaluate", METRICS, variants.all_runs, wildcards.dataset
        ),
        sources=source_files("provenance"),
    output:
        page=report(
            "results/{dataset}/studies/provenance.html",
            caption="../report/provenance.rst",
            category="Provenance",
        ),
        json="results/{dataset}/studies/provenance.json",
    log:
        "logs/{dataset}/provenance.txt",
    benchmark:
        "logs/{dataset}/benchmarks/provenance.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        device=device(),
    params:
        experiment=in_file("experiment", whole_experiment),
    shell:
        "react-tad provenance --experiment {params.experiment} --features {input.features} --device {resources.device}"
        " --json {output.json} --html {output.page} > {log} 2>&1"
