# Measurements and pictures. In: detections and the annotations they are compared with. Out, for each variant V and seed N:
#   results/D/metrics/V/seedN.json       mean average precision by tIoU threshold and class
#   results/D/metrics/profiles.csv, .md  the same under every ground-truth profile, where the data set has profiles
#   results/D/summary.csv, .md, .json    one table of all variants and seeds
#   results/D/models/V/seedN/            a folder for use: model.safetensors, model.json, README.md (the model's card)
#   results/D/figures/V/                 timeline.svg, losses.svg, ap.svg


rule evaluate:
    input:
        of_data("results/{dataset}/summary.{kind}", kind=["csv", "md", "json"]),
        (
            of_data("results/{dataset}/folds.{kind}", kind=["csv", "md"])
            if experiment.folded
            else []
        ),
        of_data_and_folds(
            "results/{dataset}/metrics/{variant}/seed{seed}.json",
            variant=experiment.main,
            seed=experiment.seeds,
        ),
        (
            of_data("results/{dataset}/metrics/profiles.{kind}", kind=["csv", "md"])
            if any(map(variants.profile, experiment.main))
            else []
        ),
        (
            of_data(
                "results/{dataset}/models/{variant}/seed{seed}/{file}",
                variant=experiment.main,
                seed=experiment.seeds,
                file=["model.safetensors", "model.json", "README.md"],
            )
            if not experiment.folded  # no one network is the result of all folds
            else []
        ),


rule figures:
    input:
        of_data(
            "results/{dataset}/figures/{variant}/{picture}.svg",
            variant=experiment.main,
            picture=["timeline", "losses", "ap"],
        ),


rule evaluate_detections:
    input:
        annotations=of_split("data/{dataset}/annotations/{split}.json"),
        detections=of_owner("suppress", DETECTIONS),
        sources=source_files("evaluate"),
    output:
        metrics="results/{dataset}/metrics/{variant}/seed{seed}.json",
    log:
        "logs/{dataset}/evaluate/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/evaluate/{variant}_seed{seed}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cfg=parameters("evaluate"),
        subset=of_variant(variants.split),
        about=about,
        profiles=of_run(variants.evaluated_profiles),
    shell:
        "react-tad evaluate --cfg {params.cfg} --annotations {input.annotations} --detections {input.detections}"
        " --subset {params.subset} --about {params.about:q} {params.profiles} --per-class --json {output.metrics}"
        " > {log} 2>&1"


rule summarize_metrics:
    input:
        metrics=expand(
            "results/{{dataset}}/metrics/{variant}/seed{seed}.json",
            variant=experiment.main,
            seed=experiment.seeds,
        ),
        sources=source_files("summarize"),
    output:
        table="results/{dataset}/summary.csv",
        means="results/{dataset}/summary.json",
        page=report(
            "results/{dataset}/summary.md",
            caption="../report/summary.rst",
            category="Summary",
        ),
    log:
        "logs/{dataset}/summarize.txt",
    benchmark:
        "logs/{dataset}/benchmarks/summarize.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad summarize --metrics {input.metrics} --csv {output.table} --markdown {output.page}"
        " --json {output.means} > {log} 2>&1"


rule compare_profiles:
    input:
        metrics=expand(
            "results/{{dataset}}/metrics/{variant}/seed{seed}.json",
            variant=experiment.main,
            seed=experiment.seeds,
        ),
        sources=source_files("summarize"),
    output:
        table="results/{dataset}/metrics/profiles.csv",
        page=report(
            "results/{dataset}/metrics/profiles.md",
            caption="../report/profiles.rst",
            category="Summary",
        ),
    log:
        "logs/{dataset}/profiles.txt",
    benchmark:
        "logs/{dataset}/benchmarks/profiles.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad summarize --by-profile --metrics {input.metrics} --csv {output.table} --markdown {output.page}"
        " > {log} 2>&1"


rule package_model:
    input:
        weights=of_owner("train", WEIGHTS),
        description=of_owner("train", DESCRIPTION),
        features=expand("data/{{dataset}}/features/{split}.json", split=SUBSETS),
        metrics=of_owner("evaluate", METRICS),
        sources=source_files("package"),
    output:
        weights="results/{dataset}/models/{variant}/seed{seed}/model.safetensors",
        description="results/{dataset}/models/{variant}/seed{seed}/model.json",
        card="results/{dataset}/models/{variant}/seed{seed}/README.md",
    log:
        "logs/{dataset}/package/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/package/{variant}_seed{seed}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        cfg=parameters("package"),
    shell:
        "react-tad package --cfg {params.cfg} --trained $(dirname {input.description}) --features {input.features}"
        " --metrics {input.metrics} --variant {wildcards.variant} --out $(dirname {output.description}) > {log} 2>&1"


rule draw_timeline:
    input:
        annotations=of_split("data/{dataset}/annotations/{split}.json"),
        detections=of_owner("suppress", DETECTIONS, experiment.seeds[:1]),
        sources=source_files("plot"),
    output:
        picture=report(
            "results/{dataset}/figures/{variant}/timeline.svg",
            caption="../report/timeline.rst",
            category="Detections",
            labels={"variant": "{variant}"},
        ),
    log:
        "logs/{dataset}/timeline/{variant}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/timeline/{variant}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        subset=of_variant(variants.split),
    shell:
        "react-tad plot timeline --annotations {input.annotations} --detections {input.detections} --video auto"
        " --subset {params.subset} --out {output.picture} > {log} 2>&1"


rule draw_losses:
    input:
        logs=of_owner("train", LOG, experiment.seeds),
        sources=source_files("plot"),
    output:
        picture=report(
            "results/{dataset}/figures/{variant}/losses.svg",
            caption="../report/losses.rst",
            category="Training",
            labels={"variant": "{variant}"},
        ),
    log:
        "logs/{dataset}/losses/{variant}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/losses/{variant}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad plot losses --log {input.logs} --out {output.picture} > {log} 2>&1"


rule draw_ap:
    input:
        metrics=expand(
            "results/{{dataset}}/metrics/{{variant}}/seed{seed}.json",
            seed=experiment.seeds,
        ),
        sources=source_files("plot"),
    output:
        picture=report(
            "results/{dataset}/figures/{variant}/ap.svg",
            caption="../report/ap.rst",
            category="Average precision",
            labels={"variant": "{variant}"},
        ),
    log:
        "logs/{dataset}/ap/{variant}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/ap/{variant}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "react-tad plot ap --metrics {input.metrics} --out {output.picture} > {log} 2>&1"
